import type {
  ConfigurationEntry,
  ConfigurationSecrets,
  ConfigurationStore,
  OfTenantModule,
} from '../../contexts/module-registry/application/configuration-ports.ts';
import type { Configuration } from '../../contexts/module-registry/domain/configuration.ts';
import { Contended } from '../../contexts/shared/domain/errors.ts';
import type { MemoryRegistry } from './memory-registry.ts';
import { pageOf } from './memory-trail.ts';

/** Configurations in memory: the twin of those in the registry table. */
export const makeMemoryConfigurations = ({ state, trail, history }: MemoryRegistry): ConfigurationStore => {
  const changesOf = (aggregate: string): number => trail.events(aggregate, { limit: 1_000 }).items.length;
  const aggregateOf = (tenantId: string, module: string): string => `CONFIGURATION#${tenantId}#${module}`;
  return {
    changes: async (tenantId, module) => changesOf(aggregateOf(tenantId, module)),
    save: async ({ before, after, changes, fields, actor, at, idempotency }) => {
      const { tenantId, module, version, installedBy } = before;
      const stored = state.modules.get(module);
      const aggregate = aggregateOf(tenantId, module);
      if (
        stored?.status !== 'Active' ||
        stored.version !== version ||
        stored.installedBy !== installedBy ||
        state.tenantStatus !== 'active'
      )
        throw new Contended(`${module} is not as it was read`);
      const sequence = changes + 1;
      const event = { id: `${module}-${sequence}`, sequence, name: 'ModuleConfigured', aggregate, tenantId, module, actor };
      trail.store([{ ...event, at: at.toISOString(), facts: { version, fields } }], { record: idempotency, at });
      const { secrets: _secrets, ...rest } = stored;
      state.modules.set(module, { ...rest, configuration: after.configuration, ...(after.secrets ? { secrets: after.secrets } : {}) });
      state.revision += 1;
      history.push({ tenantId, module, at, actor, fields });
    },
    history: async (tenantId, module, paging) => {
      const entries = history.filter((entry) => entry.tenantId === tenantId && entry.module === module).toReversed();
      const { items, ...rest } = pageOf(entries, (entry) => String(history.indexOf(entry)), paging);
      return { items: items.map(({ tenantId: _tenant, module: _module, ...entry }) => entry), ...rest };
    },
  };
};

/** What a registry in memory remembers of configurations. */
export type MemoryHistory = (ConfigurationEntry & OfTenantModule)[];

export interface MemorySecrets extends ConfigurationSecrets {
  /** By tenant, module and ref. */
  readonly kept: Map<string, Configuration>;
}

/** Write-only values in memory: the twin of those in Secrets Manager. */
export const makeMemorySecrets = (): MemorySecrets => {
  const kept = new Map<string, Configuration>();
  let written = 0;
  const keyOf = ({ tenantId, module }: OfTenantModule, ref: string): string => `${tenantId} ${module} ${ref}`;
  return {
    kept,
    write: async (of, values) => {
      written += 1;
      kept.set(keyOf(of, `ref-${written}`), values);
      return `ref-${written}`;
    },
    read: async (of, ref) => kept.get(keyOf(of, ref)),
    remove: async (of, ref) => void kept.delete(keyOf(of, ref)),
    refs: async (of) => [...kept.keys()].flatMap((key) => (key.startsWith(keyOf(of, '')) ? [key.slice(keyOf(of, '').length)] : [])),
    removeAll: async (tenantId, module) => {
      for (const key of kept.keys())
        if (key.startsWith(module === undefined ? `${tenantId} ` : keyOf({ tenantId, module }, ''))) kept.delete(key);
    },
  };
};
