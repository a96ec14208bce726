import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { defineMigrator } from '../../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../../contexts/shared/application/define-module.ts';
import type { Handle, Migration } from '../../../contexts/shared/application/migration.ts';
import { lintMigrator } from '../../../contexts/shared/application/migration-lint.ts';
import { runMigrator } from '../../../contexts/shared/application/migrator-runner.ts';
import { LintAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';

const running =
  (...statements: readonly string[]) =>
  async (db: Handle): Promise<void> => {
    for (const statement of statements) await sql.raw(statement).execute(db);
  };

type Kind = Exclude<Migration['kind'], 'concurrent' | 'batched'>;

const migration = (
  number: number,
  up: readonly string[],
  more: { readonly kind?: Kind; readonly down?: readonly string[] } = {},
): Migration => ({
  number,
  name: `step_${number}`,
  kind: more.kind ?? 'transactional',
  ...(more.down ? {} : { accepts: { 'round-trip': 'its way back is not what is tested' } }),
  up: running(...up),
  down: running(...(more.down ?? ['SELECT 1'])),
});

const makeOrders = migration(1, ['CREATE TABLE shop.orders (id text PRIMARY KEY, at timestamptz NOT NULL)']);

/** `orders` stands since 1.0.0; `later` belongs to 1.1.0. */
const aShop = (later: readonly Migration[], tables: readonly string[] = ['orders']) => {
  const versions = [
    { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['orders'] } },
    { version: '1.1.0', migrations: { landlord: 0, tenant: 1 + later.length }, tables: { landlord: [], tenant: [...tables] } },
  ];
  const manifest = defineModule({
    name: 'shop',
    title: 'Shop',
    description: 'For this test.',
    subscriptionRequired: false,
    serves: '>=1.0.0 <2.0.0',
    versions,
  });
  return defineMigrator({ manifest, landlord: [], tenant: [makeOrders, ...later] });
};
const lint = (...shop: Parameters<typeof aShop>) => lintMigrator(aShop(...shop));
const rulesOf = async (statement: string, kind?: Kind): Promise<readonly string[]> =>
  (await lint([migration(2, [statement], kind ? { kind } : {})])).map(({ rule }) => rule).filter((rule) => rule !== 'tables-differ');

describe('The lint refuses, on a table that tenants have filled,', () => {
  test.each([
    ['CREATE INDEX orders_at ON shop.orders (at)', 'index-locks-table'],
    ['create unique index if not exists "orders_at" on "shop"."orders" using btree ("at")', 'index-locks-table'],
    ['CREATE INDEX CONCURRENTLY orders_at ON shop.orders (at)', 'index-locks-table'],
    ['ALTER TABLE shop.orders ADD CONSTRAINT one UNIQUE (at)', 'index-locks-table'],
    ['alter table "shop"."orders" add column "code" text unique', 'index-locks-table'],
    ['ALTER TABLE shop.orders ALTER COLUMN at TYPE text', 'table-rewritten'],
    ['alter table "shop"."orders" alter column "at" set data type date', 'table-rewritten'],
    ['ALTER TABLE shop.orders ADD number bigserial', 'table-rewritten'],
    ['ALTER TABLE shop.orders ADD COLUMN day date GENERATED ALWAYS AS (at::date) STORED', 'table-rewritten'],
    ['ALTER TABLE shop.orders SET UNLOGGED', 'table-rewritten'],
    ['ALTER TABLE shop.orders ADD COLUMN token uuid DEFAULT gen_random_uuid()', 'volatile-default'],
    ['ALTER TABLE shop.orders ADD COLUMN a text, ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp()', 'volatile-default'],
    ['ALTER TABLE shop.orders ADD COLUMN total integer NOT NULL', 'not-null-too-early'],
    ['ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL', 'not-null-too-early'],
    ['ALTER TABLE shop.orders ADD CONSTRAINT positive CHECK (id <> $$NOT VALID$$)', 'constraint-locks-table'],
    ['ALTER TABLE shop.orders ADD FOREIGN KEY (id) REFERENCES shop.orders (id)', 'constraint-locks-table'],
    ['ALTER TABLE ONLY shop.orders ADD COLUMN total integer CHECK (total > 0)', 'constraint-locks-table'],
    ['LOCK TABLE shop.orders', 'table-locked'],
    ['REINDEX TABLE shop.orders', 'table-locked'],
    ['DROP TABLE IF EXISTS shop.orders', 'destroys-too-early'],
    ['ALTER TABLE shop.orders DROP COLUMN at', 'destroys-too-early'],
    ['ALTER TABLE shop.orders RENAME COLUMN at TO placed_at', 'destroys-too-early'],
    ['DELETE FROM shop.orders WHERE at < now()', 'destroys-too-early'],
    ['TRUNCATE shop.orders', 'destroys-too-early'],
  ])('%s', async (statement, rule) => {
    expect(await rulesOf(statement)).toEqual([rule]);
  });
});

describe('The lint refuses, wherever it stands,', () => {
  test.each([
    ['CREATE TABLE elsewhere.things (id text)', 'outside-schema'],
    ['CREATE TABLE things (id text)', 'outside-schema'],
    ['CREATE VIEW shop.seen AS SELECT * FROM shop.orders o, members.members m', 'outside-schema'],
    ['INSERT INTO members.members (id) SELECT id FROM shop.orders', 'outside-schema'],
    ['UPDATE shop.orders SET id = m.id FROM members.members m', 'outside-schema'],
    ['SELECT 1 FROM shop.orders o JOIN members.members m ON m.id = o.id', 'outside-schema'],
    ['CREATE TRIGGER t BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION audit.note()', 'outside-schema'],
    ['CREATE SCHEMA shop_reports', 'outside-schema'],
    ['CREATE EXTENSION citext', 'outside-schema'],
    ['ALTER TABLE shop.orders SET SCHEMA public', 'outside-schema'],
    ['CREATE TABLE shop.lines (id text REFERENCES members.members (id))', 'cross-schema-key'],
    ['create table "shop"."lines" ("id" text); create table "shop"."more" ("id" text)', 'many-statements'],
    ["SET search_path = 'shop'", 'session-state'],
    ['COMMIT', 'session-state'],
    ['DO $$ BEGIN DROP TABLE shop.orders; END $$', 'hidden-statements'],
  ])('%s', async (statement, rule) => {
    expect(await rulesOf(statement)).toEqual([rule]);
  });
});

describe('The lint lets pass', () => {
  test.each([
    'ALTER TABLE shop.orders ADD COLUMN note text',
    "ALTER TABLE shop.orders ADD COLUMN note text NOT NULL DEFAULT 'not null; drop column'",
    'alter table "shop"."orders" add column "made" timestamptz default now() not null, add column "tags" jsonb default \'{}\'::jsonb',
    'ALTER TABLE shop.orders ADD COLUMN price numeric(10, 2) DEFAULT 0::numeric(10, 2)',
    'ALTER TABLE shop.orders ADD COLUMN parent text REFERENCES shop.orders (id)',
    'ALTER TABLE shop.orders ADD CONSTRAINT positive CHECK (id <> $$x$$) NOT VALID',
    'ALTER TABLE shop.orders ADD CONSTRAINT one UNIQUE USING INDEX orders_at',
    'ALTER TABLE shop.orders VALIDATE CONSTRAINT positive',
    'ALTER TABLE shop.orders ALTER COLUMN at DROP NOT NULL, ALTER at SET DEFAULT now()',
    'ALTER TABLE shop.orders DROP CONSTRAINT positive',
    "CREATE TYPE shop.state AS ENUM ('open', 'drop table members.members')",
    'UPDATE shop.orders SET at = now() WHERE id IS DISTINCT FROM at -- FROM members.members',
    'SELECT extract(year FROM o.at), trim(both FROM o.id) FROM shop.orders o /* ; JOIN members.members */',
    'WITH old (id) AS (SELECT id FROM shop.orders), other AS MATERIALIZED (SELECT 1) INSERT INTO shop.orders (id) SELECT id FROM old, other',
    'SELECT * FROM generate_series(1, 3) n JOIN pg_catalog.pg_class c ON true',
    'INSERT INTO shop.orders (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET at = now()',
    'SELECT id FROM shop.orders FOR UPDATE SKIP LOCKED',
    'COMMENT ON COLUMN shop.orders.at IS $x$when it was placed; members.members$x$',
    'SET LOCAL lock_timeout = 1000',
    'CREATE VIEW shop.recent AS SELECT at AS "from" FROM shop.orders;',
  ])('%s', async (statement) => {
    expect(await rulesOf(statement)).toEqual([]);
  });

  test('any lock on a table that the same version makes, until a later version', async () => {
    const make = migration(2, ['CREATE TABLE shop.lines (id text, at date)']);
    const lock = [
      'CREATE INDEX lines_at ON shop.lines (at)',
      'ALTER TABLE shop.lines ALTER COLUMN id SET NOT NULL',
      'DROP TABLE shop.lines',
    ];

    expect(await lint([make, migration(3, lock)])).toEqual([]);
    expect(await rulesOf(lock[0] ?? '')).toEqual(['index-locks-table']);
  });

  test.each(['ALTER TABLE shop.orders DROP COLUMN at', 'ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL', 'DELETE FROM shop.orders'])(
    'in a contract migration %s',
    async (statement) => {
      expect(await rulesOf(statement, 'contract')).toEqual([]);
    },
  );

  test('a constraint that is validated in another transaction than it is added in', async () => {
    const add = 'ALTER TABLE shop.orders ADD CONSTRAINT c CHECK (true) NOT VALID';
    const validate = 'ALTER TABLE shop.orders VALIDATE CONSTRAINT c';
    const rules = async (...steps: readonly Migration[]) => (await lint(steps)).map(({ rule, field }) => `${rule} ${field}`);

    expect(await rules(migration(2, [add]), migration(3, [validate], { kind: 'contract' }))).toEqual([]);
    expect(await rules(migration(2, [add]), migration(3, [validate]))).toEqual(['constraint-locks-table tenant[2].up']);
  });

  test('an index that is built concurrently', async () => {
    const index = { name: 'orders_at', table: 'orders', on: 'at' };

    expect(await lint([{ number: 2, name: 'index', kind: 'concurrent', index }])).toEqual([]);
  });

  test('what a migration accepts with its reason, and no more', async () => {
    const step = migration(2, ['LOCK TABLE shop.orders', 'COMMIT']);

    const found = await lint([{ ...step, accepts: { ...step.accepts, 'table-locked': 'the table has ten rows' } }]);

    expect(found.map(({ rule }) => rule)).toEqual(['session-state']);
  });
});

describe('The lint', () => {
  test('of a version leaves out what comes later, and knows no version that is not there', async () => {
    const declaration = aShop([migration(2, ['COMMIT'])]);

    expect(await lintMigrator(declaration, '1.0.0')).toEqual([]);
    expect(await lintMigrator(declaration, '1.1.0')).toHaveLength(1);
    await expect(lintMigrator(declaration, '2.0.0')).rejects.toMatchObject({ name: 'Defect', facts: { version: '2.0.0' } });
  });

  test('says where, what and what to do', async () => {
    expect(await lint([migration(2, ['CREATE INDEX orders_at ON shop.orders (at)'])])).toEqual([
      {
        scope: 'tenant',
        field: 'tenant[1].up',
        migration: 2,
        rule: 'index-locks-table',
        message: 'the index on orders is built under a lock that lets nobody write',
        remedy: "declare the index as a migration of kind 'concurrent'; a constraint can then take it over with USING INDEX",
      },
    ]);
  });

  test('is answered by the migrator itself, which connects to nothing for it', async () => {
    const refuse = (): never => {
      throw new Error('the lint connects to nothing');
    };
    const run = runMigrator(aShop([migration(2, ['LOCK TABLE shop.orders'])]), {
      ...{ tenantSchema: refuse, landlordSchema: refuse, clock: { now: refuse }, sleep: refuse, tell: refuse, configured: refuse },
      sliceBudgetMs: 0,
    });
    const lintOf = async (to: string) => LintAnswer.parse(await run({ operation: 'lint', contract: 1, module: 'shop', to }));

    expect((await lintOf('1.0.0')).findings).toEqual([]);
    expect((await lintOf('1.1.0')).findings).toMatchObject([{ field: 'tenant[1].up', migration: 2, rule: 'table-locked' }]);
  });

  test('looks at the seed of each version that plants one', async () => {
    const { manifest, ...shop } = aShop([]);
    const seeded = (seed: (db: Handle, version: string) => Promise<unknown>) => {
      const versions = manifest.versions.map((one) => ({ ...one, seeds: one.version === '1.1.0' }));
      return lintMigrator({ ...shop, manifest: { ...manifest, versions }, seed });
    };
    const elsewhere = (db: Handle) => sql.raw("INSERT INTO members.members VALUES ('x')").execute(db);

    expect(await seeded((db) => db.insertInto('orders').values({ id: 'x' }).execute())).toEqual([]);
    expect(await seeded(elsewhere)).toMatchObject([{ rule: 'outside-schema', scope: 'tenant', field: 'seed(1.1.0)' }]);
    expect(await lintMigrator({ ...shop, manifest, seed: elsewhere })).toEqual([]);
  });

  test('wants a down that does something', async () => {
    const [found, ...others] = await lint([migration(2, ['ALTER TABLE shop.orders ADD COLUMN note text'], { down: [] })]);

    expect([found?.rule, found?.field, others]).toEqual(['missing-down', 'tenant[1].down', []]);
  });

  test('looks at downs for what leaves the schema, not for locks', async () => {
    const down = [
      'ALTER TABLE shop.orders ALTER COLUMN note TYPE text',
      'ALTER TABLE shop.orders DROP COLUMN note',
      'DELETE FROM members.members',
    ];
    const found = await lint([migration(2, ['ALTER TABLE shop.orders ADD COLUMN note text'], { down })]);

    expect(found.map(({ rule, field }) => [rule, field])).toEqual([['outside-schema', 'tenant[1].down']]);
  });

  test('reports a migration that fails on empty tables, with its words', async () => {
    const failing: Migration = {
      ...migration(2, []),
      kind: 'transactional',
      up: async () => {
        throw new Error('no first row');
      },
      down: running('SELECT 1'),
    };
    const [found] = await lint([failing]);

    expect(found).toMatchObject({ rule: 'fails-dry', field: 'tenant[1].up', message: expect.stringContaining('no first row') });
  });

  test('compares the tables that stand after each version with those of the manifest', async () => {
    const steps = [
      migration(2, ['CREATE TABLE shop.a (id text)', 'CREATE TABLE shop.b (id text)', 'CREATE TABLE shop.c (id text)']),
      migration(3, ['DROP TABLE shop.a, shop.b CASCADE', 'ALTER TABLE shop.c RENAME TO d']),
    ];
    const found = await lint(steps, ['orders', 'e']);

    expect(found).toMatchObject([
      {
        rule: 'tables-differ',
        field: 'manifest.versions(1.1.0).tables.tenant',
        message: 'no migration makes e; d stands and is not listed',
      },
    ]);
    expect(await lint(steps, ['d', 'orders'])).toEqual([]);
  });

  test('follows what up makes to its down, and says of a down that does nothing only that', async () => {
    const up = ['ALTER TABLE shop.orders ADD COLUMN a text'];
    const of = async (down: readonly string[]) => (await lint([migration(2, up, { down })])).map(({ rule, field }) => `${rule} ${field}`);

    expect(await of(['SELECT 1'])).toEqual(['round-trip tenant[1].down']);
    expect(await of([])).toEqual(['missing-down tenant[1].down']);
  });
});
