import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Queryable } from '../../../contexts/shared/application/database.ts';
import { faultsOfCall } from '../../../contexts/shared/application/statement-faults.ts';
import { startStand, type TenantStand } from '../../support/tenant-stand.ts';

const stand = startStand();
let tenant: TenantStand;

beforeAll(async () => {
  tenant = await stand.aTenant();
  const run = (sql: string) => tenant.database.query({ sql, parameters: [] });
  await run('CREATE SCHEMA shop');
  await run('CREATE TABLE shop.orders (id text PRIMARY KEY, at timestamptz DEFAULT now(), parent text, bytes bigint NOT NULL DEFAULT 1)');
  await run("INSERT INTO shop.orders (id) SELECT 'order ' || n FROM generate_series(1, 100) n");
});

/** Ends a transaction whose changes nobody wants. */
class Enough extends Error {}

/** Whether PostgreSQL reads or writes the rows that are there to carry out the statement, which it then takes back. */
const touchesRows = async (sql: string): Promise<boolean> => {
  const seen: boolean[] = [];
  const work = async (transaction: Queryable): Promise<void> => {
    const before = await lookAt(transaction);
    await transaction.query({ sql, parameters: [] });
    const after = await lookAt(transaction);
    seen.push(before.file !== after.file || before.scans !== after.scans);
    throw new Enough();
  };
  await tenant.database.transaction(work).catch((error: unknown) => {
    if (!(error instanceof Enough)) throw error;
  });
  return seen.includes(true);
};

const lookAt = async (transaction: Queryable) => {
  const sql = `SELECT pg_relation_filenode('shop.orders')::text AS file, pg_stat_get_xact_numscans('shop.orders'::regclass)::text AS scans`;
  const { rows } = await transaction.query({ sql, parameters: [] });
  return { file: rows[0]?.['file'], scans: rows[0]?.['scans'] };
};

const isRefused = (sql: string): boolean =>
  faultsOfCall(sql, { module: 'shop', kind: 'transactional', direction: 'up', fresh: new Set(), unvalidated: new Set() }).length > 0;

describe('PostgreSQL works through every row, as the lint says, for', () => {
  test.each([
    'CREATE INDEX i ON shop.orders (at)',
    'ALTER TABLE shop.orders ADD CONSTRAINT one UNIQUE (id, at)',
    'ALTER TABLE shop.orders ADD COLUMN code text UNIQUE',
    'ALTER TABLE shop.orders ALTER COLUMN at TYPE text',
    'ALTER TABLE shop.orders ALTER COLUMN bytes SET DATA TYPE integer',
    'ALTER TABLE shop.orders ADD number bigserial',
    'ALTER TABLE shop.orders ADD COLUMN number integer GENERATED ALWAYS AS IDENTITY',
    'ALTER TABLE shop.orders ADD COLUMN size integer GENERATED ALWAYS AS (length(id)) STORED',
    'ALTER TABLE shop.orders ADD COLUMN token uuid DEFAULT gen_random_uuid()',
    'ALTER TABLE shop.orders ADD COLUMN seen timestamptz NOT NULL DEFAULT clock_timestamp()',
    'ALTER TABLE shop.orders SET UNLOGGED',
    'ALTER TABLE shop.orders ALTER COLUMN at SET NOT NULL',
    'ALTER TABLE shop.orders ADD CONSTRAINT named CHECK (length(id) > 0)',
    'ALTER TABLE shop.orders ADD COLUMN total integer CHECK (total > 0)',
    'ALTER TABLE shop.orders ADD FOREIGN KEY (parent) REFERENCES shop.orders (id)',
  ])('%s', async (sql) => {
    expect([isRefused(sql), await touchesRows(sql)]).toEqual([true, true]);
  });
});

describe('PostgreSQL leaves the rows alone, as the lint says, for', () => {
  test.each([
    'ALTER TABLE shop.orders ADD COLUMN note text',
    "ALTER TABLE shop.orders ADD COLUMN note text NOT NULL DEFAULT 'none'",
    'ALTER TABLE shop.orders ADD COLUMN price numeric(10, 2) DEFAULT 0::numeric(10, 2)',
    'ALTER TABLE shop.orders ADD COLUMN parent_of text REFERENCES shop.orders (id)',
    'ALTER TABLE shop.orders ADD CONSTRAINT named CHECK (length(id) > 0) NOT VALID',
    'ALTER TABLE shop.orders ADD CONSTRAINT leads FOREIGN KEY (parent) REFERENCES shop.orders (id) NOT VALID',
    'ALTER TABLE shop.orders ALTER COLUMN at SET DEFAULT now(), ALTER COLUMN bytes DROP NOT NULL',
  ])('%s', async (sql) => {
    expect([isRefused(sql), await touchesRows(sql)]).toEqual([false, false]);
  });

  test.each([
    "date_trunc('day', now())",
    'make_interval(days => 1)::text',
    'make_date(2026, 1, 1)',
    "lower('A')",
    "upper('a')",
    "coalesce(NULL, 'a')",
    'cast(1 AS text)',
    'to_jsonb(now())',
    "jsonb_build_object('at', now())",
    'jsonb_build_array(1)',
    'transaction_timestamp()',
    'statement_timestamp()',
  ])('the default %s', async (value) => {
    const sql = `ALTER TABLE shop.orders ADD COLUMN made text DEFAULT (${value})::text`;

    expect([isRefused(sql), await touchesRows(sql)]).toEqual([false, false]);
  });
});
