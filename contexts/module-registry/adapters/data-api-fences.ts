import type { Database } from '../../shared/application/database.ts';
import type { TenantTarget } from '../../shared/domain/migrator-contract.ts';
import type { Fences } from '../application/ports.ts';

/** A first install that was rolled back took its row away; what it was is remembered, so that no old worker brings it back. */
const raise = `
WITH past AS (SELECT tokens FROM platform.past_fences FOR SHARE)
INSERT INTO platform.fence AS fence (module, token)
SELECT $1, CAST($2 AS bigint) FROM past WHERE coalesce(CAST(tokens ->> $1 AS bigint), -1) < $2
ON CONFLICT (module) DO UPDATE SET token = excluded.token WHERE fence.token <= excluded.token
RETURNING committed_by`;

/** One row a module in `platform.fence`; a lower token than the one that stands is refused. */
export const makeDataApiFences = (databaseOf: (target: TenantTarget) => Database): Fences => ({
  raise: async (target, module, fence) => {
    const { rows } = await databaseOf(target).query({ sql: raise, parameters: [module, fence] });
    const committedBy = rows[0]?.['committed_by'];
    return { raised: rows.length === 1, ...(typeof committedBy === 'string' ? { committedBy } : {}) };
  },
});
