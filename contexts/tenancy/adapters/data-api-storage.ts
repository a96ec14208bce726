import * as z from 'zod';
import type { Database } from '../../shared/application/database.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import type { MeasuredStorage } from '../domain/tenant.ts';

const Row = z.object({ schema: z.string().nullable(), bytes: z.coerce.number().int().nonnegative() });

/** The database as a whole, and each schema in it that is no one's but a module's. */
const sql = `SELECT NULL AS schema, pg_database_size(current_database()) AS bytes
UNION ALL
SELECT n.nspname::text, sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('information_schema', 'platform', 'extensions', 'public') AND n.nspname NOT LIKE 'pg\\_%'
GROUP BY n.nspname`;

/** How much a tenant's database holds on disk, and what its modules have of that; any of its roles may ask. */
export const measureStorage = async (database: Database, clock: Clock): Promise<MeasuredStorage> => {
  const rows = z.array(Row).parse((await database.query({ sql, parameters: [] })).rows);
  const byModule: Record<string, number> = {};
  for (const { schema, bytes } of rows) if (schema !== null) byModule[moduleOf(schema)] = (byModule[moduleOf(schema)] ?? 0) + bytes;
  const bytes = rows.find(({ schema }) => schema === null)?.bytes ?? 0;
  return { bytes, byModule, measuredAt: clock.now() };
};

/** An archive of `cards` is `cards__a1`. */
const moduleOf = (schema: string): string => schema.replace(/__a\d+$/, '');
