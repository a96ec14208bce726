import { describe, expect, test } from '@jest/globals';
import { makeDataApiFences } from '../../../contexts/module-registry/adapters/data-api-fences.ts';
import type { Fences } from '../../../contexts/module-registry/application/ports.ts';
import { makeMemoryRegistry } from '../../support/memory-registry.ts';
import { targetOf } from '../../support/migrator-bench.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();

interface Subject {
  readonly fences: Fences;
  readonly target: ReturnType<typeof targetOf>;
  /** What a migrator does when it has destroyed or narrowed something. */
  readonly commit: (module: string, job: string) => Promise<void>;
}

const inMemory = async (): Promise<Subject> => {
  const { fences, state } = makeMemoryRegistry();
  const target = targetOf({ slug: 'acme', database: 'tenant_acme' });
  return { fences, target, commit: async (module, job) => void state.committedBy.set(module, job) };
};

const inPostgres = async (): Promise<Subject> => {
  const { tenant, database } = await stand.aTenant();
  const commit: Subject['commit'] = async (module, job) => {
    await database.query({ sql: 'UPDATE platform.fence SET committed_by = $2 WHERE module = $1', parameters: [module, job] });
  };
  return { fences: makeDataApiFences(() => database), target: targetOf(tenant), commit };
};

describe.each([
  ['in memory', inMemory],
  ['in PostgreSQL', inPostgres],
])('The fence %s', (_where, make) => {
  test('lets in the same attempt again and newer ones, and refuses older ones', async () => {
    const { fences, target } = await make();
    const raised = async (fence: number) => (await fences.raise(target, 'shop', fence)).raised;
    expect([await raised(3), await raised(3), await raised(2), await raised(5), await raised(4)]).toEqual([true, true, false, true, false]);
  });

  test('of one module says nothing of another', async () => {
    const { fences, target } = await make();
    await fences.raise(target, 'shop', 9);
    expect(await fences.raise(target, 'bar', 1)).toEqual({ raised: true });
  });

  test('says which job did what cannot be undone, to whoever is let in', async () => {
    const { fences, target, commit } = await make();
    expect(await fences.raise(target, 'shop', 1)).toEqual({ raised: true });
    await commit('shop', stand.job);
    expect(await fences.raise(target, 'shop', 2)).toEqual({ raised: true, committedBy: stand.job });
    expect(await fences.raise(target, 'shop', 1)).toEqual({ raised: false });
  });
});
