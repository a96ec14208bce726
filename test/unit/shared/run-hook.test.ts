import { describe, expect, test } from '@jest/globals';
import { defineMigrator } from '../../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../../contexts/shared/application/define-module.ts';
import type { Hook, HookContext } from '../../../contexts/shared/application/migration.ts';
import { runHook } from '../../../contexts/shared/application/run-hook.ts';
import { Contended, Defect } from '../../../contexts/shared/domain/errors.ts';
import { HookName } from '../../../contexts/shared/domain/hook-name.ts';

const withHook = (hook: Hook, name: HookName = 'postInstall') =>
  defineMigrator({
    manifest: defineModule({
      name: 'shop',
      title: 'Shop',
      description: 'A shop.',
      subscriptionRequired: false,
      serves: '>=1',
      versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 0 }, tables: { landlord: [], tenant: [] }, hooks: [name] }],
    }),
    landlord: [],
    tenant: [],
    hooks: { [name]: hook },
  });

const context = {
  tenant: { tenantId: '01K00000000000000000000000', slug: 'acme' },
  version: '1.0.0',
  from: null,
  idempotencyKey: 'job:shop:postInstall',
  change: () => Promise.reject(new Error('not used')),
  configuration: async () => ({}),
  announce: () => Promise.reject(new Error('not used')),
};

const reversibly = () => Promise.reject(new Error('not used'));

describe('A hook', () => {
  test('is given the key of its job and the tenant', async () => {
    const seen: HookContext[] = [];
    await runHook({ declaration: withHook({ run: async (given) => seen.push(given) }), hook: 'postInstall', context, reversibly });
    expect(seen).toMatchObject([{ idempotencyKey: 'job:shop:postInstall', tenant: { slug: 'acme' }, version: '1.0.0' }]);
  });

  test('that the module does not have is nothing to do', async () => {
    const run = async () => {
      throw new Error('not this one');
    };
    await expect(runHook({ declaration: withHook({ run }), hook: 'preInstall', context, reversibly })).resolves.toBeUndefined();
  });

  test.each(HookName.options)('is given the means to announce when it is a post hook, and not when it is a pre hook: %s', async (hook) => {
    const seen: HookContext[] = [];
    await runHook({ declaration: withHook({ run: async (given) => seen.push(given) }, hook), hook, context, reversibly });
    expect(seen.map((given) => 'announce' in given)).toEqual([hook.startsWith('post')]);
  });

  test('that fails is a defect of the module, told without what it said', async () => {
    const run = async () => {
      throw new Error('row 4711 is odd');
    };
    await expect(runHook({ declaration: withHook({ run }), hook: 'postInstall', context, reversibly })).rejects.toMatchObject({
      name: 'Defect',
      message: 'the postInstall hook of shop failed',
      facts: { module: 'shop', hook: 'postInstall' },
    });
  });

  test('keeps the words and facts of a defect, and lets what may be retried be retried', async () => {
    const defect = withHook({ run: () => Promise.reject(new Defect('PostgreSQL refused', { sqlState: '23505' })) });
    await expect(runHook({ declaration: defect, hook: 'postInstall', context, reversibly })).rejects.toMatchObject({
      message: 'the postInstall hook of shop failed: PostgreSQL refused',
      facts: { sqlState: '23505' },
    });
    const contended = withHook({ run: () => Promise.reject(new Contended('x')) });
    await expect(runHook({ declaration: contended, hook: 'postInstall', context, reversibly })).rejects.toMatchObject({
      name: 'Contended',
    });
  });

  test('that takes too long is aborted and may be retried', async () => {
    const signals: AbortSignal[] = [];
    const run = ({ signal }: HookContext) => {
      signals.push(signal);
      return new Promise(() => undefined);
    };
    await expect(
      runHook({ declaration: withHook({ run, timeoutSeconds: 0.02 }), hook: 'postInstall', context, reversibly }),
    ).rejects.toMatchObject({
      name: 'Unavailable',
    });
    expect(signals[0]?.aborted).toBe(true);
  });
});
