import { auditEventPut } from '../../shared/adapters/audit-item.ts';
import { type Table, TransactionLost } from '../../shared/adapters/dynamo-table.ts';
import type { Denials } from '../application/ports.ts';

/** In the registry table, where the stream takes them on to the bus. */
export const makeDynamoDenials = (table: Table): Denials => ({
  keep: async (event) => {
    try {
      await table.transact([auditEventPut(event)]);
    } catch (error) {
      // it was kept before, and once is enough
      if (!(error instanceof TransactionLost)) throw error;
    }
  },
});
