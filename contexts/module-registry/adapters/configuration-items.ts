import type { Item, Write } from '../../shared/adapters/dynamo-table.ts';
import type { ConfigurationEntry } from '../application/configuration-ports.ts';

/** The history of a tenant module's configuration in the table, which outlives the module: see docs/data-model.md. */

export const configurationPartition = (tenantId: string, module: string): string => `CONFIGURATION#${tenantId}#${module}`;
export const entryPrefix = 'ENTRY#';

/** `id` tells entries of one moment apart. */
export const entryPut = (of: { readonly tenantId: string; readonly module: string }, id: string, entry: ConfigurationEntry): Write => ({
  Put: {
    Item: {
      pk: configurationPartition(of.tenantId, of.module),
      sk: `${entryPrefix}${entry.at.toISOString()}#${id}`,
      type: 'ConfigurationEntry',
      ...entry,
      at: entry.at.toISOString(),
    },
  },
});

export const entryOf = (item: Item): ConfigurationEntry => {
  const { at, actor, fields, jobId } = item as unknown as Omit<ConfigurationEntry, 'at'> & { readonly at: string };
  return { at: new Date(at), actor, fields, ...(jobId === undefined ? {} : { jobId }) };
};
