import type { Database } from '../../shared/application/database.ts';
import type { TenantTarget } from '../../shared/domain/migrator-contract.ts';
import type { Fences } from '../application/ports.ts';

const raise = `
INSERT INTO platform.fence AS fence (module, token) VALUES ($1, $2)
ON CONFLICT (module) DO UPDATE SET token = excluded.token WHERE fence.token <= excluded.token
RETURNING token`;

/** One row a module in `platform.fence`; a lower token than the one that stands is refused. */
export const makeDataApiFences = (databaseOf: (target: TenantTarget) => Database): Fences => ({
  raise: async (target, module, fence) => {
    const { rows } = await databaseOf(target).query({ sql: raise, parameters: [module, fence] });
    return rows.length === 1;
  },
});
