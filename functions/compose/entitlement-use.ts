import type { Job, VerifyModulePorts } from '../../contexts/module-registry/index.ts';
import type { Write } from '../../contexts/shared/adapters/dynamo-table.ts';
import { type UseChange, useWrite } from '../../contexts/subscription/index.ts';

/** What a job's new state means for what its modules use of the subscription, to be stored together with it. */
export const entitlementUseWrites = ({ id: jobId, tenantId, modules, state, updatedAt: at }: UseOf): readonly Write[] =>
  modules.flatMap(({ module, change: kind }) => {
    const change = useChange(kind, state);
    return change ? [useWrite(change, { tenantId, module, jobId, at })] : [];
  });

/** The same for a module that a repair found standing, or gone. */
export const entitlementUseOfRepaired = ({ stands, ...facts }: RepairedModule): readonly Write[] => [
  useWrite(stands ? 'capture' : 'release', facts),
];

type RepairedModule = Parameters<VerifyModulePorts['alongsideRepair']>[0];

type UseOf = Pick<Job, 'id' | 'tenantId' | 'state' | 'updatedAt'> & {
  readonly modules: readonly Pick<Job['modules'][number], 'module' | 'change'>[];
};

/** Silent while work is under way, and where a person has to decide: what may be there is still paid for. */
const useChange = (kind: Job['modules'][number]['change'], state: Job['state']): UseChange | undefined => {
  if (kind === 'install' || kind === 'restore') return whenBrought(state);
  if (kind === 'uninstall' || kind === 'purge') return state === 'Uninstalled' || state === 'Purged' ? 'release' : undefined;
  return undefined;
};

const whenBrought = (state: Job['state']): UseChange | undefined => {
  if (state === 'Pending') return 'reserve';
  if (state === 'Active') return 'capture';
  return state === 'Failed' || state === 'Cancelled' ? 'release' : undefined;
};
