import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { makeLandlordAdministration } from '../../../contexts/module-registry/index.ts';
import type { Database, Queryable } from '../../../contexts/shared/application/database.ts';
import { Defect, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startTenantFixture, type TenantFixture } from '../../support/tenant-fixture.ts';

let fixture: TenantFixture;

beforeAll(async () => {
  fixture = await startTenantFixture();
  await fixture.superuser('postgres', async (client) => {
    await client.query(`CREATE ROLE registry_admin LOGIN CREATEDB CREATEROLE NOSUPERUSER PASSWORD 'secret'`);
    for (const database of ['postgres', 'template1']) await client.query(`ALTER DATABASE ${database} OWNER TO registry_admin`);
  });
});
beforeEach(() =>
  fixture.superuser('postgres', async (client) => {
    await client.query('DROP DATABASE IF EXISTS landlord WITH (FORCE)');
    await client.query('DROP ROLE IF EXISTS registry_health, landlord_cards');
  }),
);
afterAll(() => fixture?.stop());

type Query = Queryable['query'];

/** The cluster's administrator, or the owner of a module's schema, whose statements go through `around`. */
const administration = (around: (query: Query) => Query = (query) => query) =>
  makeLandlordAdministration(
    (database, secretArn): Database => {
      const user = secretArn === undefined ? 'registry_admin' : 'landlord_cards';
      const opened = makePgDatabase({ host: fixture.server.host, port: fixture.server.port, user, password: 'secret', database });
      return { ...opened, query: around(opened.query) };
    },
    async (milliseconds) => sleep(milliseconds / 10),
  );
type Administration = ReturnType<typeof administration>;

/** What a deploy asks for. */
const deploy = async ({ bootstrap, ensureHealthRole, ensureModuleRole, ensureModuleSchema }: Administration): Promise<void> => {
  await bootstrap();
  await ensureHealthRole('secret');
  await ensureModuleRole('cards', 'secret');
  await ensureModuleSchema('cards', 'arn:cards');
};

/** The schemas of the module's role, as the role itself sees them: it may connect, and they are its own. */
const schemasOfCards = async (): Promise<readonly string[]> => {
  const client = new Client({
    host: fixture.server.host,
    port: fixture.server.port,
    user: 'landlord_cards',
    password: 'secret',
    database: 'landlord',
  });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT nspname AS name FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_user',
    );
    return rows.map(({ name }) => name);
  } finally {
    await client.end();
  }
};

describe('The landlord’s administration', () => {
  test('loses no deploy to an answer that is lost, whichever it is', async () => {
    // given
    const lost = new Set<string>();
    const losing =
      (query: Query): Query =>
      async (statement) => {
        const answer = await query(statement);
        if (lost.has(statement.sql)) return answer;
        lost.add(statement.sql);
        throw new Unavailable('the answer was lost');
      };
    // when
    await administration(losing).bootstrap();
    await administration(losing).ensureHealthRole('secret');
    await administration(losing).ensureModuleRole('cards', 'secret');
    await administration(losing).ensureModuleSchema('cards', 'arn:cards');
    // then
    expect(await schemasOfCards()).toEqual(['cards']);
    expect([...lost].filter((sql) => /^(CREATE|ALTER)/.test(sql)).map((sql) => sql.split(' ').slice(0, 2).join(' '))).toEqual([
      'CREATE DATABASE',
      'CREATE ROLE',
      'ALTER ROLE',
      'CREATE ROLE',
      'ALTER ROLE',
      'CREATE SCHEMA',
    ]);
  });

  test('is done by eight deploys at once as by one', async () => {
    await Promise.all(Array.from({ length: 8 }, () => deploy(administration())));
    expect(await schemasOfCards()).toEqual(['cards']);
  });

  test.each([
    ['bootstrap', 'CREATE DATABASE', '42P04'],
    ['ensureModuleRole', 'CREATE ROLE', '42710'],
    ['ensureModuleSchema', 'CREATE SCHEMA', '23505'],
  ] as const)('finds in %s that another was faster, between the look and the making', async (step, making, sqlState) => {
    // given
    const steps = ['bootstrap', 'ensureModuleRole', 'ensureModuleSchema'];
    const all = (admin: Administration): Readonly<Record<string, () => Promise<void>>> => ({
      bootstrap: admin.bootstrap,
      ensureModuleRole: () => admin.ensureModuleRole('cards', 'secret'),
      ensureModuleSchema: () => admin.ensureModuleSchema('cards', 'arn:cards'),
    });
    for (const before of steps.slice(0, steps.indexOf(step))) await all(administration())[before]?.();
    let refused = 0;
    const slower =
      (query: Query): Query =>
      async (statement) => {
        if (!statement.sql.startsWith(making) || refused > 0) return query(statement);
        refused += 1;
        await all(administration())[step]?.();
        throw new Defect('it exists', { sqlState });
      };
    // when
    await all(administration(slower))[step]?.();
    // then
    expect(refused).toBe(1);
  });

  test('says at once what PostgreSQL refuses for good', async () => {
    let asked = 0;
    const refusing = (): Query => async () => {
      asked += 1;
      throw new Defect('no right', { sqlState: '42501' });
    };
    await expect(administration(refusing).bootstrap()).rejects.toMatchObject({ name: 'Defect', facts: { sqlState: '42501' } });
    expect(asked).toBe(1);
  });
});
