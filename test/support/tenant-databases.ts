import { createHash } from 'node:crypto';
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { Client } from 'pg';

/** What a tenant's database looks like from outside the product: read over plain pg, never through the code under test. */
export interface Snapshot {
  /** SHA-256 over every object that a migration can make: schemas, columns, indexes, constraints, views, functions, rights, comments. */
  readonly fingerprint: string;
  /** `schema.table` → rows, counted exactly. */
  readonly rowCounts: Readonly<Record<string, number>>;
}

export interface TenantDatabases {
  /** `schema.table` of every table, sorted. */
  readonly tables: (slug: string) => Promise<readonly string[]>;
  /** Names of the schemas that are not PostgreSQL's own, sorted. */
  readonly schemas: (slug: string) => Promise<readonly string[]>;
  /** `idsAside`: jobs' ids in comments count as one, so that what two jobs made can be compared. */
  readonly snapshot: (slug: string, options?: { readonly idsAside?: boolean }) => Promise<Snapshot>;
  /** What the rows of a module's tables say, by table: a hash that is equal for equal rows, in whatever order. Without the ledger. */
  readonly rowHashes: (slug: string, module: string) => Promise<Readonly<Record<string, string>>>;
  /** Runs `work` connected as one of the tenant's own roles, to `database` (its own unless said otherwise). */
  readonly as: <T>(slug: string, role: 'owner' | 'app', work: (client: Client) => Promise<T>, database?: string) => Promise<T>;
}

export interface TenantDatabasesOptions {
  /** The administrator's connection string, as in cloud.json. */
  readonly postgres: string;
  readonly secrets: SecretsManagerClient;
  /** A tenant's id by its slug. */
  readonly tenantId: (slug: string) => Promise<string>;
}

export const makeTenantDatabases = ({ postgres, secrets, tenantId }: TenantDatabasesOptions): TenantDatabases => {
  const inDatabase = async <T>(url: URL, work: (client: Client) => Promise<T>): Promise<T> => {
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const databaseUrl = (database: string): URL => {
    const url = new URL(postgres);
    url.pathname = `/${database}`;
    return url;
  };
  const as: TenantDatabases['as'] = async (slug, role, work, database = databaseOf(slug)) => {
    const secret = await secrets.send(new GetSecretValueCommand({ SecretId: `module-registry/tenant/${await tenantId(slug)}/${role}` }));
    const { username, password } = JSON.parse(secret.SecretString ?? '{}') as { username: string; password: string };
    const url = databaseUrl(database);
    url.username = username;
    url.password = encodeURIComponent(password);
    return inDatabase(url, work);
  };
  const tables = (slug: string): Promise<readonly string[]> => inDatabase(databaseUrl(databaseOf(slug)), tablesOf);
  const schemas = (slug: string): Promise<readonly string[]> =>
    inDatabase(databaseUrl(databaseOf(slug)), async (client) => {
      const sql = `SELECT nspname AS name FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1`;
      return (await client.query<{ name: string }>(sql)).rows.map(({ name }) => name);
    });
  const snapshot: TenantDatabases['snapshot'] = async (slug, { idsAside = false } = {}) => {
    const { names, fingerprint, platform } = await inDatabase(databaseUrl(databaseOf(slug)), async (client) => {
      const all = await tablesOf(client);
      const { rows } = await client.query<{ line: string }>(objects);
      const text = rows.map(({ line }) => line).join('\n');
      const hash = createHash('sha256').update(idsAside ? text.replaceAll(ulid, 'ID') : text);
      return { names: all, fingerprint: hash.digest('hex'), platform: await count(client, all.filter(ofPlatform)) };
    });
    const modules = await as(slug, 'owner', (client) =>
      count(
        client,
        names.filter((name) => !ofPlatform(name)),
      ),
    );
    return { fingerprint, rowCounts: { ...platform, ...modules } };
  };
  const rowHashes: TenantDatabases['rowHashes'] = (slug, module) =>
    as(slug, 'owner', async (client) => {
      const names = (await tablesOf(client)).filter((name) => name.startsWith(`${module}.`) && !name.endsWith('._ledger'));
      const hashes: Record<string, string> = {};
      for (const name of names) {
        const [schema, table] = name.split('.');
        const sql = `SELECT md5(coalesce(string_agg(row::text, chr(10) ORDER BY row::text), '')) AS hash FROM "${schema}"."${table}" AS row`;
        hashes[name] = String((await client.query<{ hash: string }>(sql)).rows[0]?.hash);
      }
      return hashes;
    });
  return { tables, schemas, snapshot, rowHashes, as };
};

const ulid = /\b[0-9A-HJKMNP-TV-Z]{26}\b/g;

const databaseOf = (slug: string): string => `tenant_${slug.replaceAll('-', '_')}`;
const ofPlatform = (table: string): boolean => table.startsWith('platform.');

const tablesOf = async (client: Client): Promise<readonly string[]> => {
  const { rows } = await client.query<{ name: string }>(
    `SELECT schemaname || '.' || tablename AS name FROM pg_catalog.pg_tables
     WHERE schemaname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
};

const count = async (client: Client, tables: readonly string[]): Promise<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    const { rows } = await client.query<{ n: string }>(
      `SELECT count(*) AS n FROM ${table
        .split('.')
        .map((part) => `"${part}"`)
        .join('.')}`,
    );
    counts[table] = Number(rows[0]?.n);
  }
  return counts;
};

/** One line for each object outside the system schemas, without OIDs, in a stable order. */
const objects = `
WITH schemas AS (SELECT oid, nspname, nspacl, nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
SELECT line FROM (
  SELECT concat_ws(' ', 'schema', nspname, nspowner::regrole, nspacl::text, obj_description(oid, 'pg_namespace')) AS line FROM schemas
  UNION ALL
  SELECT concat_ws(' ', 'relation', nspname, relname, relkind, relowner::regrole, relacl::text, obj_description(c.oid, 'pg_class'),
                   CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END)
    FROM pg_class c JOIN schemas s ON s.oid = relnamespace
  UNION ALL
  SELECT concat_ws(' ', 'column', nspname, relname, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated,
                   pg_get_expr(adbin, adrelid))
    FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN schemas s ON s.oid = relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = attrelid AND d.adnum = attnum
   WHERE attnum > 0 AND NOT attisdropped
  UNION ALL
  SELECT concat_ws(' ', 'constraint', nspname, conname, contype, pg_get_constraintdef(k.oid)) FROM pg_constraint k JOIN schemas s ON s.oid = connamespace
  UNION ALL
  SELECT concat_ws(' ', 'index', nspname, pg_get_indexdef(indexrelid), indisvalid)
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN schemas s ON s.oid = relnamespace
  UNION ALL
  SELECT concat_ws(' ', 'function', nspname, pg_get_functiondef(p.oid)) FROM pg_proc p JOIN schemas s ON s.oid = pronamespace WHERE prokind IN ('f', 'p')
  UNION ALL
  SELECT concat_ws(' ', 'type', nspname, typname, typtype) FROM pg_type t JOIN schemas s ON s.oid = typnamespace
  UNION ALL
  SELECT concat_ws(' ', 'trigger', nspname, pg_get_triggerdef(g.oid)) FROM pg_trigger g JOIN pg_class c ON c.oid = tgrelid JOIN schemas s ON s.oid = relnamespace
   WHERE NOT tgisinternal
  UNION ALL
  SELECT concat_ws(' ', 'default rights', defaclrole::regrole, defaclobjtype, defaclacl::text) FROM pg_default_acl
) AS lines ORDER BY line COLLATE "C"`;
