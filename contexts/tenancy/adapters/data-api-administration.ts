import type { RDSDataClient } from '@aws-sdk/client-rds-data';
import { makeDataApiDatabase } from '../../shared/adapters/data-api.ts';
import { identifier } from '../../shared/adapters/sql-identifier.ts';
import { existsAlready, lostRace, sqlStateOf } from '../../shared/adapters/sql-state.ts';
import type { Database } from '../../shared/application/database.ts';
import { Contended, Refused } from '../../shared/domain/errors.ts';
import type { ClusterAdministration } from '../application/ports.ts';
import type { TenantRoles } from '../domain/tenant.ts';
import {
  adoptSql,
  dropMakersSql,
  dropRolesSql,
  ensureMakerSql,
  ensureRoleSql,
  loginSql,
  moveSql,
  raiseFenceSql,
  supersededState,
} from './fenced-sql.ts';
import { ownerDefaults, platformBlock } from './platform-sql.ts';

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
  const run = async (sql: string, database = admin): Promise<void> => {
    await translated(database.query({ sql, parameters: [] }));
  };
  return {
    raiseFence: (roles, fence) => run(raiseFenceSql(roles, fence)),
    ensureRole: (roles, name, made) => run(ensureRoleSql(roles, name, made)),
    ensureDatabase: async (roles, fence) => {
      const own = ownName(roles, 'new', fence);
      await run(ensureMakerSql(roles, own, fence));
      const sql = `CREATE DATABASE ${identifier(own)} OWNER ${identifier(own)} TEMPLATE template0 ALLOW_CONNECTIONS false`;
      await unlessExisting(admin.query({ sql, parameters: [] }));
      await run(adoptSql(roles, own, fence));
      await dropLeftovers(admin, roles, fence);
      await run(dropMakersSql(roles, fence));
    },
    ensurePlatform: async (roles, ownerSecretArn) => {
      await run(platformBlock(roles), open(roles.database));
      await run(ownerDefaults(roles), open(roles.database, ownerSecretArn));
    },
    publicConnect: (roles) => publicConnect(admin, roles),
    archiveDatabase: async (roles, fence) => {
      await run(loginSql(roles, false, fence));
      await run(moveSql(roles, { from: [roles.database], to: archiveName(roles), fence }));
    },
    restoreDatabase: async (roles, fence) => {
      await run(moveSql(roles, { from: [archiveName(roles)], to: roles.database, fence }));
      await run(loginSql(roles, true, fence));
    },
    remove: async (roles, fence) => {
      await run(loginSql(roles, false, fence));
      await run(moveSql(roles, { from: [roles.database, archiveName(roles)], to: ownName(roles, 'gone', fence), fence }));
      await dropLeftovers(admin, roles, fence);
      await run(dropMakersSql(roles, fence));
      await run(dropRolesSql(roles, fence));
    },
  };
};

/** Names have no double underscore of their own, so these are nobody else's: see docs/decisions/0009. */
const archiveName = ({ database }: TenantRoles): string => `${database}__a`;

/** A database that only one attempt knows: before it has the tenant's name, or once it has lost it. */
const ownName = ({ database }: TenantRoles, what: 'new' | 'gone', fence: number): string => `${database}__${what[0]}${fence}`;

/** What this attempt and older ones have made or put aside for themselves. A newer attempt's is left alone. */
const dropLeftovers = async (admin: Database, { database }: TenantRoles, fence: number): Promise<void> => {
  const { rows } = await translated(
    admin.query({
      sql: `SELECT datname::text AS name FROM pg_database
            WHERE datname ~ ('^' || $1 || '__[ng][0-9]+$') AND CAST(substring(datname FROM '[0-9]+$') AS bigint) <= $2`,
      parameters: [database, fence],
    }),
  );
  for (const { name } of rows) await translated(admin.query({ sql: dropSql(String(name)), parameters: [] }));
};

const dropSql = (name: string): string => `DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`;

/**
 * It was there already: made by a call whose answer was lost, or by another worker of the same attempt just now, which may
 * have adopted it and dropped its maker (42704).
 */
const unlessExisting = async (creation: Promise<unknown>): Promise<void> => {
  try {
    await creation;
  } catch (error) {
    if (!existsAlready(error) && sqlStateOf(error) !== '42704') throw translatedError(error);
  }
};

/** Of two workers of one attempt: sessions that come back while they are ended; a role that owns what has only just been made. */
const inTheWay: ReadonlySet<string | undefined> = new Set(['55006', '2BP01']);

const translated = async <T>(change: Promise<T>): Promise<T> => {
  try {
    return await change;
  } catch (error) {
    throw translatedError(error);
  }
};

const translatedError = (error: unknown): unknown => {
  const sqlState = sqlStateOf(error);
  if (sqlState === supersededState) return new Refused(superseded, { cause: error });
  if (!lostRace(error) && !inTheWay.has(sqlState)) return error;
  return new Contended(`another worker prepares the same tenant (SQLSTATE ${sqlState})`, { cause: error });
};

const superseded = {
  kind: 'conflict',
  reason: 'superseded',
  message: 'a newer attempt is at work on this tenant: this one stops',
} as const;

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
