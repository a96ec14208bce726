import { identifier } from '../../shared/adapters/sql-identifier.ts';
import type { TenantRoles } from '../domain/tenant.ts';

/**
 * Everything of a tenant's database that the administrator makes, as one block: it stands whole or not at all, and may run again.
 * The owner may create schemas and use the fence; the app role may use the platform's tables; PUBLIC may do nothing.
 * A transaction whose worker is gone, or lost the answer to its beginning, holds its connection for half a minute.
 */
export const platformBlock = ({ database, owner, app }: TenantRoles): string => `DO $platform$ BEGIN
  REVOKE CONNECT, TEMPORARY ON DATABASE ${identifier(database)} FROM PUBLIC;
  GRANT CONNECT, TEMPORARY, CREATE ON DATABASE ${identifier(database)} TO ${identifier(owner)};
  GRANT CONNECT, TEMPORARY ON DATABASE ${identifier(database)} TO ${identifier(app)};
  REVOKE ALL ON SCHEMA public FROM PUBLIC;
  CREATE SCHEMA IF NOT EXISTS platform;
  CREATE TABLE IF NOT EXISTS platform.cache (key text PRIMARY KEY, value jsonb NOT NULL, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS platform.cache_locks (key text PRIMARY KEY, owner text NOT NULL, expires_at timestamptz NOT NULL);
  CREATE TABLE IF NOT EXISTS platform.sessions (
    id text PRIMARY KEY, subject text NOT NULL, payload jsonb NOT NULL, last_activity_at timestamptz NOT NULL
  );
  CREATE TABLE IF NOT EXISTS platform.fence (module text PRIMARY KEY, token bigint NOT NULL, committed_by text);
  CREATE TABLE IF NOT EXISTS platform.past_fences (tokens jsonb NOT NULL);
  INSERT INTO platform.past_fences SELECT '{}' WHERE NOT EXISTS (SELECT FROM platform.past_fences);
  CREATE TABLE IF NOT EXISTS platform.idempotency (
    scope text NOT NULL, key text NOT NULL, body_hash text NOT NULL, status int NOT NULL, body jsonb,
    expires_at timestamptz NOT NULL, PRIMARY KEY (scope, key)
  );
  CREATE INDEX IF NOT EXISTS idempotency_expires_at ON platform.idempotency (expires_at);
  GRANT USAGE ON SCHEMA platform TO ${identifier(owner)}, ${identifier(app)};
  GRANT SELECT, INSERT, UPDATE, DELETE ON platform.fence TO ${identifier(owner)};
  GRANT SELECT, UPDATE ON platform.past_fences TO ${identifier(owner)};
  GRANT SELECT, INSERT, UPDATE, DELETE ON platform.cache, platform.cache_locks, platform.sessions, platform.idempotency TO ${identifier(app)};
  ALTER ROLE ${identifier(owner)} SET idle_in_transaction_session_timeout = '30s';
  ALTER ROLE ${identifier(app)} SET idle_in_transaction_session_timeout = '30s';
END $platform$`;

/** Run as the owner: what it makes later, the app role may read and write but not define. */
export const ownerDefaults = ({ app }: TenantRoles): string => `DO $defaults$ BEGIN
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO ${identifier(app)};
  ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${identifier(app)};
  ALTER DEFAULT PRIVILEGES GRANT USAGE ON SEQUENCES TO ${identifier(app)};
END $defaults$`;
