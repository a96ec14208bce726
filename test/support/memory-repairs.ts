import type { Repairs } from '../../contexts/module-registry/application/verify-module.ts';
import type { TenantModule } from '../../contexts/module-registry/domain/tenant-module.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { MemoryRegistry } from './memory-registry.ts';

/** Repairs in memory: the twin of those in the registry table. */
export const makeMemoryRepairs = ({ state, trail }: Pick<MemoryRegistry, 'state' | 'trail'>): Repairs => ({
  save: async ({ tenantId, module, change, recorded, stands, revision, actor, at, idempotency }) => {
    const stored = state.modules.get(module);
    if (revision.from !== state.revision || (change && !isAsRead(stored, change.before)))
      throw new Contended(`${module} is not as it was read`);
    const aggregate = `REPAIRS#${tenantId}#${module}`;
    const sequence = trail.events(aggregate, { limit: 1_000 }).items.length + 1;
    const facts = { recorded, stands, revision: revision.to };
    const event = { id: `${module}-repair-${sequence}`, sequence, name: 'ModuleRepaired', aggregate, tenantId, module, actor, facts };
    trail.store([{ ...event, at: at.toISOString() }], { record: idempotency, at });
    if (change?.after) state.modules.set(module, change.after);
    else if (change) state.modules.delete(module);
    state.revision = revision.to;
  },
});

/** A repair is no job: what a job has in its hands is not as it was read, whatever was read. */
const isAsRead = (stored: TenantModule | undefined, before: TenantModule | undefined): boolean => {
  if (before === undefined || stored === undefined) return before === stored;
  return before.jobId === undefined && stored.status === before.status && stored.version === before.version;
};
