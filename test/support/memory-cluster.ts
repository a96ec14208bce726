import { Refused } from '../../contexts/shared/domain/errors.ts';
import type { ClusterAdministration, TenantSecrets } from '../../contexts/tenancy/application/ports.ts';

type Act = keyof ClusterAdministration | 'ensureSecret' | 'removeSecrets';

/** One tenant's database, roles and secrets in memory, under its fence. */
export interface MemoryCluster {
  readonly administration: ClusterAdministration;
  readonly secrets: TenantSecrets;
  /** What there is, in the order in which it came. */
  readonly has: Set<string>;
  /** What was done under a fence, e.g. `ensureDatabase 4`. */
  readonly log: string[];
  /** What an act meets with, one each time, before it does anything: an error, or something else that happens. */
  readonly meets: (act: Act, ...with_: readonly (Error | (() => Promise<void>))[]) => void;
}

export const makeMemoryCluster = (): MemoryCluster => {
  const has = new Set<string>();
  const log: string[] = [];
  const ahead = new Map<Act, (Error | (() => Promise<void>))[]>();
  let token = 0;
  const act = async (name: Act, fence?: number): Promise<void> => {
    log.push(fence === undefined ? name : `${name} ${fence}`);
    const next = ahead.get(name)?.shift();
    if (next instanceof Error) throw next;
    await next?.();
    if (fence !== undefined && fence < token)
      throw new Refused({ kind: 'conflict', reason: 'superseded', message: 'a newer attempt is at work' });
  };
  const move = (from: string, to: string): void => {
    if (has.delete(from)) has.add(to);
  };
  return {
    has,
    log,
    meets: (name, ...what) => void ahead.set(name, [...what]),
    secrets: {
      ensure: async (_, role, { password }) => {
        await act('ensureSecret');
        has.add(`secret ${role}`);
        return { arn: `arn:${role}`, password };
      },
      remove: async () => {
        await act('removeSecrets');
        for (const role of ['owner', 'app']) has.delete(`secret ${role}`);
      },
    },
    administration: {
      raiseFence: async (_, fence) => {
        await act('raiseFence', fence);
        token = fence;
      },
      ensureRole: async (_, name, { fence }) => {
        await act('ensureRole', fence);
        has.add(`role ${name}`);
      },
      ensureDatabase: async ({ database }, fence) => {
        await act('ensureDatabase', fence);
        has.add(database);
      },
      ensurePlatform: async () => act('ensurePlatform'),
      publicConnect: async () => [],
      archiveDatabase: async ({ database }, fence) => {
        await act('archiveDatabase', fence);
        move(database, `${database}__a`);
      },
      restoreDatabase: async ({ database }, fence) => {
        await act('restoreDatabase', fence);
        move(`${database}__a`, database);
      },
      remove: async ({ database, owner, app }, fence) => {
        await act('remove', fence);
        for (const one of [database, `${database}__a`, `role ${owner}`, `role ${app}`]) has.delete(one);
      },
    },
  };
};
