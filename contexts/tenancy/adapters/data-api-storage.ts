import * as z from 'zod';
import type { Database } from '../../shared/application/database.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import type { MeasuredStorage } from '../domain/tenant.ts';

const Row = z.object({ bytes: z.coerce.number().int().nonnegative() });

/** How much a tenant's database holds on disk; any of its roles may ask. */
export const measureStorage = async (database: Database, clock: Clock): Promise<MeasuredStorage> => {
  const { rows } = await database.query({ sql: 'SELECT pg_database_size(current_database()) AS bytes', parameters: [] });
  return { ...Row.parse(rows[0]), measuredAt: clock.now() };
};
