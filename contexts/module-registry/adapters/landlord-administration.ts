import type { Database } from '../../shared/application/database.ts';
import { ModuleName } from '../../shared/domain/names.ts';

/** What the registrar does in the cluster for landlord schemas. Each is safe to repeat. */
export interface LandlordAdministration {
  /** Makes the database `landlord`, and takes CONNECT from PUBLIC wherever this platform relies on it. */
  readonly bootstrap: () => Promise<void>;
  /** Makes the role of the health check, which may connect to the database `landlord` and nothing else. */
  readonly ensureHealthRole: (verifier: string) => Promise<void>;
  /** Makes the module's role. */
  readonly ensureModuleRole: (module: string, verifier: string) => Promise<void>;
  /** Makes the module's schema in the database `landlord`, as the module's role, which so owns it. */
  readonly ensureModuleSchema: (module: string, secretArn: string) => Promise<void>;
}

const landlordRole = (module: string): string => `landlord_${ModuleName.parse(module)}`;

/** The name that the service stack puts into the role's secret. */
const healthRole = 'registry_health';

/** Run by the cluster's administrator over the Data API. */
export const makeLandlordAdministration = (open: (database: string, secretArn?: string) => Database): LandlordAdministration => {
  const admin = open('postgres');
  const run = async (sql: string): Promise<void> => {
    await admin.query({ sql, parameters: [] });
  };
  const ensureRole = async (role: string, verifier: string): Promise<void> => {
    const verb = (await exists('SELECT 1 FROM pg_roles WHERE rolname = $1', role)) ? 'ALTER' : 'CREATE';
    await run(`${verb} ROLE ${role} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD '${verifier}'`);
  };
  const exists = async (sql: string, name: string): Promise<boolean> => (await admin.query({ sql, parameters: [name] })).rows.length > 0;
  return {
    bootstrap: async () => {
      if (!(await exists('SELECT 1 FROM pg_database WHERE datname = $1', 'landlord')))
        await run('CREATE DATABASE landlord TEMPLATE template0');
      for (const database of ['landlord', 'postgres', 'template1'])
        await run(`REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
    },
    ensureHealthRole: async (verifier) => {
      await ensureRole(healthRole, verifier);
      await run(`GRANT CONNECT ON DATABASE landlord TO ${healthRole}`);
    },
    ensureModuleRole: async (module, verifier) => {
      const role = landlordRole(module);
      await ensureRole(role, verifier);
      await run(`GRANT CONNECT, TEMPORARY, CREATE ON DATABASE landlord TO ${role}`);
    },
    ensureModuleSchema: async (module, secretArn) => {
      await open('landlord', secretArn).query({ sql: `CREATE SCHEMA IF NOT EXISTS ${ModuleName.parse(module)}`, parameters: [] });
    },
  };
};
