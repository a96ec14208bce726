import type { Subscriptions } from '../../contexts/module-registry/application/ports.ts';
import type { ModuleJobKind } from '../../contexts/module-registry/domain/job.ts';
import type { ModuleVersion } from '../../contexts/module-registry/domain/module-version.ts';
import { Unavailable } from '../../contexts/shared/domain/errors.ts';
import { aModule } from '../support/memory-registry.ts';
import { saying } from '../support/memory-subscriptions.ts';
import { aChange } from '../support/module-job.ts';
import type { Script } from '../support/scripted-migrator.ts';
import type { Meetings, Workflow } from '../support/workflow.ts';
import { aModuleJob, type ModuleStand } from './module-stand.ts';

const hooks = ['preUpgrade', 'postUpgrade', 'preUninstall', 'postUninstall'] as const;

/** A change of these modules, whose versions have everything that a version can have, unless a test says otherwise. */
export const givenChange = (kind: ModuleJobKind, names: readonly string[] = ['finance'], more: Partial<ModuleVersion> = {}) => ({
  changes: names.map((name) => aChange(kind, name)),
  modules: names.flatMap((name) =>
    ['1.0.0', '2.0.0'].map((version) => aModule(name, { version, migrations: { landlord: 2, tenant: 2 }, hooks: [...hooks], ...more })),
  ),
});

/** Migrators of which those of `narrowed` leave something to be committed at the end; `commit` is told when that is done. */
export const narrowing = (narrowed: string, commit: (module: string, job: string) => void = () => {}): Script => ({
  migrateForTenant: (request) => {
    if (request.operation !== 'migrateForTenant' || request.module !== narrowed) return { done: true, applied: 2, total: 2 };
    if (request.phase === 'expand') return { done: true, applied: 1, total: 2 };
    commit(request.module, request.jobId);
    return { done: true, applied: 2, total: 2 };
  },
});

export const failingOnce = (state: string, error: Error, answerLost = false): Meetings => ({ [state]: [{ error, answerLost }] });

/** Nobody can say who has subscribed, so many times; then everybody has. `asked` is told of every question. */
export const absentAtFirst = (times: number, retryAfterSeconds = 60, asked: () => void = () => {}): Subscriptions => {
  let left = times;
  return {
    ...saying(true),
    hasSubscriptionForModule: async () => {
      asked();
      left -= 1;
      if (left >= 0) throw new Unavailable('nobody can say who has subscribed', retryAfterSeconds);
      return true;
    },
  };
};

/** Of each module its status and version. */
export const standing = ({ state }: ModuleStand): Readonly<Record<string, readonly (string | undefined)[]>> =>
  Object.fromEntries([...state.modules.values()].map(({ module, status, version }) => [module, [status, version]]));

/**
 * Two modules to upgrade, with everything that a version can have; finance ends with something that cannot be undone, and its
 * database remembers that.
 */
export const anUpgrade = async (workflow: Workflow, script: Script = {}): Promise<ModuleStand> => {
  const commit = (module: string): void => void it.state.committedBy.set(module, it.stored().id);
  const given = givenChange('upgrade', ['membership', 'finance']);
  const it = await aModuleJob(workflow, { ...given, script: { ...narrowing('finance', commit), ...script } });
  return it;
};
