import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import { makeDataApiDatabase } from '../../shared/adapters/data-api.ts';
import type { Database } from '../../shared/application/database.ts';
import type { ClusterAdministration } from '../application/ports.ts';
import type { TenantRoles } from '../domain/tenant.ts';
import { ownerDefaults, platformBlock, quoted, quotedLiteral } from './platform-sql.ts';

export interface AdministrationOptions {
  readonly client: RDSDataClient;
  readonly clusterArn: string;
  readonly adminSecretArn: string;
}

/** The cluster's administrator, who is not a superuser: creates roles and databases, and owns every tenant's database. */
export const makeDataApiAdministration = ({ client, clusterArn, adminSecretArn }: AdministrationOptions): ClusterAdministration => {
  const open = (database: string, secretArn = adminSecretArn): Database =>
    makeDataApiDatabase({ client, resourceArn: clusterArn, secretArn, database });
  const admin = open('postgres');
  const exists = async (sql: string, name: string): Promise<boolean> => (await admin.query({ sql, parameters: [name] })).rows.length > 0;
  return {
    reach: async () => {
      await admin.query({ sql: 'SELECT 1', parameters: [] });
    },
    ensureRole: async (name, verifier) => {
      const verb = (await exists('SELECT 1 FROM pg_roles WHERE rolname = $1', name)) ? 'ALTER' : 'CREATE';
      const limits = 'LOGIN NOCREATEDB NOCREATEROLE NOINHERIT';
      await admin.query({ sql: `${verb} ROLE ${quoted(name)} ${limits} PASSWORD ${quotedLiteral(verifier)}`, parameters: [] });
    },
    ensureDatabase: async ({ database }) => {
      if (await exists('SELECT 1 FROM pg_database WHERE datname = $1', database)) return;
      await admin.query({ sql: `CREATE DATABASE ${quoted(database)} TEMPLATE template0`, parameters: [] });
    },
    ensurePlatform: async (roles, ownerSecretArn) => {
      await open(roles.database).query({ sql: platformBlock(roles), parameters: [] });
      await open(roles.database, ownerSecretArn).query({ sql: ownerDefaults(roles), parameters: [] });
    },
    publicConnect: (roles) => publicConnect(admin, roles),
    dropDatabase: async (database) => {
      if (!(await exists('SELECT 1 FROM pg_database WHERE datname = $1', database))) return;
      await admin.query({ sql: `DROP DATABASE IF EXISTS ${quoted(database)} WITH (FORCE)`, parameters: [] });
    },
    dropRole: async (name) => {
      await admin.query({ sql: `DROP ROLE IF EXISTS ${quoted(name)}`, parameters: [] });
    },
  };
};

/** Every database but the template that nobody can connect to, and the service's own. */
const publicConnect = async (admin: Database, { database }: TenantRoles): Promise<readonly string[]> => {
  const { rows } = await admin.query({
    sql: `SELECT datname::text AS name FROM pg_database
          WHERE has_database_privilege('public', oid, 'CONNECT') AND datallowconn
            AND datname IN ('postgres', 'template1', 'landlord', $1) ORDER BY 1`,
    parameters: [database],
  });
  return rows.map(({ name }) => String(name));
};
