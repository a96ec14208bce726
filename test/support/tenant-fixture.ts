import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { ownerDefaults, platformBlock } from '../../contexts/tenancy/adapters/platform-sql.ts';
import { tenantRoles } from '../../contexts/tenancy/domain/tenant.ts';
import { type Postgres, removePostgres, startPostgres } from '../../local/postgres.ts';

/** A PostgreSQL server of its own, with tenants as provisioning leaves them, for tests that need no cloud around it. */
export interface TenantFixture {
  readonly server: Postgres;
  /** A folder of its own, removed at the end. */
  readonly root: string;
  /** Makes database, roles and platform tables of a tenant, and answers how to connect. */
  readonly tenant: (slug: string) => Promise<TenantRoles>;
  /** Makes a module's role and schema in the landlord database. */
  readonly landlord: (module: string) => Promise<Login>;
  readonly superuser: <T>(database: string, work: (client: Client) => Promise<T>) => Promise<T>;
  readonly stop: () => Promise<void>;
}

export interface Login {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface TenantRoles {
  readonly slug: string;
  readonly database: string;
  readonly owner: Login;
  readonly app: Login;
}

export const startTenantFixture = async (): Promise<TenantFixture> => {
  const root = mkdtempSync(join(tmpdir(), 'tenants-'));
  chmodSync(root, 0o711);
  const dataFolder = join(root, 'postgres');
  const server = await startPostgres({ dataFolder, log: () => undefined });
  const superuser: TenantFixture['superuser'] = async (database, work) => {
    const url = new URL(server.superuserUrl);
    url.pathname = `/${database}`;
    const client = new Client({ connectionString: url.href });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const login = (user: string, database: string): Login => ({ host: server.host, port: server.port, user, password: 'secret', database });
  return {
    server,
    root,
    superuser,
    tenant: async (slug) => {
      const roles = tenantRoles(slug);
      const { database, owner, app } = roles;
      await superuser('postgres', (client) => createTenant(client, roles));
      await superuser(database, (client) => client.query(platformBlock(roles)));
      await superuser(database, (client) => client.query(`SET ROLE ${owner}; ${ownerDefaults(roles)}`));
      return { slug, database, owner: login(owner, database), app: login(app, database) };
    },
    landlord: async (module) => {
      const role = `landlord_${module}`;
      await superuser('postgres', async (client) => {
        const { rowCount } = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'landlord'`);
        if (rowCount === 0) await client.query('CREATE DATABASE landlord');
        await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
      });
      await superuser('landlord', (client) => client.query(`CREATE SCHEMA ${module} AUTHORIZATION ${role}`));
      return login(role, 'landlord');
    },
    stop: async () => {
      await server.stop();
      removePostgres(dataFolder);
      rmSync(root, { recursive: true, force: true });
    },
  };
};

const createTenant = async (client: Client, { database, owner, app }: ReturnType<typeof tenantRoles>): Promise<void> => {
  for (const role of [owner, app]) await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  await client.query(`CREATE DATABASE ${database}`);
};
