import { identifier, literal } from '../../shared/adapters/sql-identifier.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { TenantRoles } from '../domain/tenant.ts';

/**
 * What the cluster's administrator does about one tenant's roles and the name of its database, each as one block that begins
 * with the tenant's fence: it stands whole or not at all, and a worker of an older attempt can change nothing. The fences lie
 * in the database `postgres`, since the tenant's own comes and goes.
 */

/** Raised where a newer attempt was there. */
export const supersededState = 'RG001';

const raiseSuperseded = `RAISE EXCEPTION 'a newer attempt is at work on this tenant' USING ERRCODE = '${supersededState}';`;

const tokenOf = (fence: number): string => {
  if (!Number.isSafeInteger(fence) || fence < 0) throw new Defect(`${fence} is no fence`);
  return String(fence);
};

const fenced = ({ database }: TenantRoles, fence: number, body: string): string => `DO $fenced$ BEGIN
  UPDATE platform.tenant_fence SET token = ${tokenOf(fence)} WHERE tenant_fence.database = ${literal(database)} AND token <= ${tokenOf(fence)};
  IF NOT FOUND THEN ${raiseSuperseded} END IF;
${body}
END $fenced$`;

/** The first thing of every attempt: from here on, older ones are refused. */
export const raiseFenceSql = ({ database }: TenantRoles, fence: number): string => `DO $fence$ BEGIN
  IF to_regclass('platform.tenant_fence') IS NULL THEN
    CREATE SCHEMA IF NOT EXISTS platform;
    CREATE TABLE IF NOT EXISTS platform.tenant_fence (database text PRIMARY KEY, token bigint NOT NULL);
  END IF;
  INSERT INTO platform.tenant_fence AS fence VALUES (${literal(database)}, ${tokenOf(fence)})
  ON CONFLICT (database) DO UPDATE SET token = excluded.token WHERE fence.token <= excluded.token;
  IF NOT FOUND THEN ${raiseSuperseded} END IF;
END $fence$`;

/** A verifier has colons, after which the Data API would look for a parameter's name: PostgreSQL puts them in. */
export const ensureRoleSql = (
  roles: TenantRoles,
  role: string,
  { verifier, fence }: { readonly verifier: string; readonly fence: number },
): string => {
  const limits = 'LOGIN NOCREATEDB NOCREATEROLE NOINHERIT PASSWORD %L';
  const password = `replace(${literal(verifier.replaceAll(':', '~'))}, '~', chr(58))`;
  return fenced(
    roles,
    fence,
    `  IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) THEN
    EXECUTE format('ALTER ROLE ${identifier(role)} ${limits}', ${password});
  ELSE
    EXECUTE format('CREATE ROLE ${identifier(role)} ${limits}', ${password});
  END IF;`,
  );
};

const standing = (database: string): string => `EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)})`;

const rename = (from: string, to: string): string => `ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)};`;

/**
 * CREATE DATABASE fits no fenced block, so it depends on a role that does: the new database's first owner, which is dropped once
 * the database is adopted. A creation that arrives late, from a worker long gone, finds no such role and is refused.
 */
export const ensureMakerSql = (roles: TenantRoles, maker: string, fence: number): string =>
  fenced(
    roles,
    fence,
    `  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(maker)}) THEN
    CREATE ROLE ${identifier(maker)} NOLOGIN;
    GRANT ${identifier(maker)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE;
  END IF;`,
  );

/** Of this attempt and older ones. Refused (2BP01) while one of them owns a database that has only just been created. */
export const dropMakersSql = (roles: TenantRoles, fence: number): string =>
  fenced(roles, fence, dropMakers(roles, fence)).replace('BEGIN', 'DECLARE maker text; BEGIN');

const dropMakers = ({ database }: TenantRoles, fence: number): string => `  FOR maker IN SELECT rolname FROM pg_roles
    WHERE rolname ~ ${literal(`^${database}__n[0-9]+$`)} AND CAST(substring(rolname FROM '[0-9]+$') AS bigint) <= ${tokenOf(fence)}
  LOOP
    EXECUTE format('DROP ROLE %I', maker);
  END LOOP;`;

/**
 * Gives the database that an attempt has made for itself the tenant's name, unless one has it. Nobody could connect to it until
 * now, which a rename would not outlast; and from now on nobody but the tenant's roles may.
 */
export const adoptSql = (roles: TenantRoles, own: string, fence: number): string =>
  fenced(
    roles,
    fence,
    `  IF ${standing(own)} AND NOT ${standing(roles.database)} THEN
    ALTER DATABASE ${identifier(own)} OWNER TO CURRENT_USER;
    REVOKE CONNECT, TEMPORARY ON DATABASE ${identifier(own)} FROM PUBLIC;
    ALTER DATABASE ${identifier(own)} ALLOW_CONNECTIONS true;
    ${rename(own, roles.database)}
  ELSIF NOT ${standing(roles.database)} THEN
    RAISE EXCEPTION 'another worker of this attempt dropped the new database' USING ERRCODE = '55006';
  END IF;`,
  );

/** Whether the tenant's roles may log in; those that do not exist are left out. */
export const loginSql = (roles: TenantRoles, allowed: boolean, fence: number): string =>
  fenced(
    roles,
    fence,
    [roles.owner, roles.app]
      .map(
        (role) => `  IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) THEN
    ALTER ROLE ${identifier(role)} ${allowed ? 'LOGIN' : 'NOLOGIN'};
    GRANT ${identifier(role)} TO CURRENT_USER WITH INHERIT TRUE;
  END IF;`,
      )
      .join('\n'),
  );

/**
 * Renames the first of `from` that stands, with its sessions ended; nothing where `to` stands already. To end them the
 * administrator must inherit from their roles, as `loginSql` has made it; of autovacuum, which belongs to no role, PostgreSQL
 * rids itself.
 */
export const moveSql = (
  roles: TenantRoles,
  { from, to, fence }: { readonly from: readonly string[]; readonly to: string; readonly fence: number },
): string =>
  fenced(
    roles,
    fence,
    from
      .map(
        (name) => `  IF ${standing(name)} AND NOT ${standing(to)} THEN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = ${literal(name)} AND usename IN (${literal(roles.owner)}, ${literal(roles.app)}, CURRENT_USER) AND pid <> pg_backend_pid();
    ${rename(name, to)}
  END IF;`,
      )
      .join('\n'),
  );

export const dropRolesSql = (roles: TenantRoles, fence: number): string =>
  fenced(roles, fence, `  DROP ROLE IF EXISTS ${identifier(roles.app)};\n  DROP ROLE IF EXISTS ${identifier(roles.owner)};`);
