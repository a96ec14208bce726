import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import { makeDataApiDatabase } from '../../shared/adapters/data-api.ts';
import type { Database } from '../../shared/application/database.ts';
import { Contended, Defect } from '../../shared/domain/errors.ts';
import type { ClusterAdministration } from '../application/ports.ts';
import type { TenantRoles } from '../domain/tenant.ts';
import { mayEndSessions, ownerDefaults, platformBlock, quoted, quotedLiteral } from './platform-sql.ts';

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
  const run = async (database: Database, sql: string): Promise<void> => {
    await database.query({ sql, parameters: [] });
  };
  return {
    reach: () => run(admin, 'SELECT 1'),
    ensureRole: async (name, verifier) => {
      const role = `ROLE ${quoted(name)} LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD ${quotedLiteral(verifier)}`;
      if (!(await made(run(admin, `CREATE ${role}`)))) await raced(run(admin, `ALTER ${role}`));
    },
    ensureDatabase: async ({ database }) => {
      await made(run(admin, `CREATE DATABASE ${quoted(database)} TEMPLATE template0`));
    },
    ensurePlatform: async (roles, ownerSecretArn) => {
      await raced(run(open(roles.database), platformBlock(roles)));
      await raced(run(open(roles.database, ownerSecretArn), ownerDefaults(roles)));
    },
    publicConnect: (roles) => publicConnect(admin, roles),
    dropDatabase: async (roles) => {
      await raced(run(admin, mayEndSessions(roles)));
      await run(admin, `DROP DATABASE IF EXISTS ${quoted(roles.database)} WITH (FORCE)`);
    },
    dropRole: (name) => run(admin, `DROP ROLE IF EXISTS ${quoted(name)}`),
  };
};

const sqlStateOf = (error: unknown): unknown => (error instanceof Defect ? error.facts['sqlState'] : undefined);

/** duplicate_object, duplicate_database, and unique_violation where two met over the catalog. */
const existing: ReadonlySet<unknown> = new Set(['42710', '42P04', '23505']);

/** False when it was there already: made before, by a call whose answer was lost, or by another worker just now. */
const made = async (creation: Promise<void>): Promise<boolean> => {
  try {
    await creation;
    return true;
  } catch (error) {
    if (existing.has(sqlStateOf(error))) return false;
    throw error;
  }
};

/** What two that make the same things at once meet with, beside the above: duplicate_schema, duplicate_table, "tuple concurrently updated". */
const races: ReadonlySet<unknown> = new Set([...existing, '42P06', '42P07', 'XX000']);

const raced = async (change: Promise<void>): Promise<void> => {
  try {
    await change;
  } catch (error) {
    const sqlState = sqlStateOf(error);
    throw races.has(sqlState) ? new Contended(`another worker prepares the same tenant (SQLSTATE ${sqlState})`, { cause: error }) : error;
  }
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
