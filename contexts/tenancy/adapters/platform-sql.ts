import { Defect } from '../../shared/domain/errors.ts';
import type { TenantRoles } from '../domain/tenant.ts';

/** Names here are made from slugs, which have no other characters: anything else is our own mistake. */
export const quoted = (name: string): string => {
  if (!/^[a-z][a-z0-9_]{0,62}$/.test(name)) throw new Defect(`${name} is not a name this platform makes`);
  return `"${name}"`;
};

export const quotedLiteral = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/**
 * Everything of a tenant's database that the administrator makes, as one block: it stands whole or not at all, and may run again.
 * The owner may create schemas and use the fence; the app role may use the platform's tables; PUBLIC may do nothing.
 * A transaction whose worker is gone, or lost the answer to its beginning, holds its connection for half a minute.
 */
export const platformBlock = ({ database, owner, app }: TenantRoles): string => `DO $platform$ BEGIN
  REVOKE CONNECT, TEMPORARY ON DATABASE ${quoted(database)} FROM PUBLIC;
  GRANT CONNECT, TEMPORARY, CREATE ON DATABASE ${quoted(database)} TO ${quoted(owner)};
  GRANT CONNECT, TEMPORARY ON DATABASE ${quoted(database)} TO ${quoted(app)};
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
  CREATE SCHEMA IF NOT EXISTS platform;
  CREATE TABLE IF NOT EXISTS platform.cache (key text PRIMARY KEY, value jsonb NOT NULL, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS platform.cache_locks (key text PRIMARY KEY, owner text NOT NULL, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS platform.sessions (
    id text PRIMARY KEY, subject text NOT NULL, payload jsonb NOT NULL, last_activity_at timestamptz NOT NULL
  );
  CREATE TABLE IF NOT EXISTS platform.fence (module text PRIMARY KEY, token bigint NOT NULL);
  CREATE TABLE IF NOT EXISTS platform.idempotency (
    scope text NOT NULL, key text NOT NULL, body_hash text NOT NULL, status int NOT NULL, body jsonb,
    expires_at timestamptz NOT NULL, PRIMARY KEY (scope, key)
  );
  CREATE INDEX IF NOT EXISTS idempotency_expires_at ON platform.idempotency (expires_at);
  GRANT USAGE ON SCHEMA platform TO ${quoted(owner)}, ${quoted(app)};
  GRANT SELECT, INSERT, UPDATE, DELETE ON platform.fence TO ${quoted(owner)};
  GRANT SELECT, INSERT, UPDATE, DELETE ON platform.cache, platform.cache_locks, platform.sessions, platform.idempotency TO ${quoted(app)};
  ALTER ROLE ${quoted(owner)} SET idle_in_transaction_session_timeout = '30s';
  ALTER ROLE ${quoted(app)} SET idle_in_transaction_session_timeout = '30s';
END $platform$`;

/** Run as the owner: what it makes later, the app role may read and write but not define. */
export const ownerDefaults = ({ app }: TenantRoles): string => `DO $defaults$ BEGIN
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO ${quoted(app)};
  ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${quoted(app)};
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO ${quoted(app)};
END $defaults$`;

/**
 * Lets the administrator end the sessions of a tenant's roles, which it may not by having made them: DROP DATABASE … WITH (FORCE)
 * is refused with 42501 while one of them is connected. The memberships go with the roles.
 */
export const mayEndSessions = ({ owner, app }: TenantRoles): string =>
  `DO $sessions$ BEGIN
${[owner, app]
  .map(
    (role) => `  IF EXISTS (SELECT FROM pg_roles WHERE rolname = ${quotedLiteral(role)}) THEN
    GRANT ${quoted(role)} TO CURRENT_USER WITH INHERIT TRUE;
  END IF;`,
  )
  .join('\n')}
END $sessions$`;
