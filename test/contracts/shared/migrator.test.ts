import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { exactRowCounts, schemaFingerprint, schemaLines } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import type { HookContext } from '../../../contexts/shared/application/migration.ts';
import { asOf } from '../../support/as-of.ts';
import { declaration as brokenHook } from '../../support/contexts/broken-hook/migrator.ts';
import { declaration as brokenRollback } from '../../support/contexts/broken-rollback/migrator.ts';
import { targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const { aTenant, job, other } = stand;
const digitalCard = asOf(declaration, '1.0.0');

describe('Installing digital_card', () => {
  test('takes one slice with an ordinary budget, and makes the tables of its manifest', async () => {
    const { letIn, bench, database } = await aTenant();
    await letIn('digital_card', 1);
    expect(await bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 })).toEqual([
      { contract: 1, done: true, applied: 3, total: 3 },
    ]);
    expect(await exactRowCounts(database, ['digital_card'])).toEqual({
      'digital_card._ledger': 3,
      'digital_card.card_templates': 0,
      'digital_card.card_validations': 0,
      'digital_card.digital_cards': 0,
    });
  });

  test('takes three slices with a budget of 0, one migration each', async () => {
    const { letIn, bench } = await aTenant();
    await letIn('digital_card', 1);
    const answers = await bench(digitalCard, 0).all('migrateForTenant', { id: job, fence: 1 });
    expect(answers.map(({ applied, done }) => [applied, done])).toEqual([
      [1, false],
      [2, false],
      [3, true],
    ]);
  });

  test('does nothing twice when every answer is lost and every call repeated', async () => {
    const { letIn, bench, database, snapshot } = await aTenant();
    await letIn('digital_card', 1);
    const sliced = bench(digitalCard, 0);
    for (const operation of ['migrateForTenant', 'migrateForTenant', 'migrateForTenant', 'seed'] as const)
      await sliced.slice(operation, { id: job, fence: 1 });
    const before = await snapshot();
    await sliced.slice('migrateForTenant', { id: job, fence: 1 });
    await sliced.slice('seed', { id: job, fence: 1 });
    expect(await snapshot()).toEqual(before);
    expect(await exactRowCounts(database, ['digital_card'])).toMatchObject({ 'digital_card.card_templates': 1, 'digital_card._ledger': 4 });
  });

  test('is done once by three migrators that come at the same time', async () => {
    const { letIn, bench, database } = await aTenant();
    await letIn('digital_card', 1);
    const answers = await Promise.all([1, 2, 3].map(() => bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 })));
    expect(answers.flat().every(({ done, applied }) => done && applied === 3)).toBe(true);
    expect(await exactRowCounts(database, ['digital_card'])).toMatchObject({ 'digital_card._ledger': 3 });
  });

  test('keeps the ledger out of reach of the tenant’s application', async () => {
    const { letIn, bench, tenant } = await aTenant();
    await letIn('digital_card', 1);
    await bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 });
    const app = makePgDatabase(tenant.app);
    await expect(app.query({ sql: 'SELECT count(*) FROM digital_card._ledger', parameters: [] })).rejects.toMatchObject({
      facts: { sqlState: '42501' },
    });
    await expect(app.query({ sql: 'SELECT count(*) FROM digital_card.digital_cards', parameters: [] })).resolves.toBeDefined();
    await expect(app.query({ sql: 'CREATE TABLE digital_card.mine ()', parameters: [] })).rejects.toMatchObject({
      facts: { sqlState: '42501' },
    });
  });

  test('can be verified: nothing is wrong, until somebody drops a table', async () => {
    const { letIn, bench, database, tenant } = await aTenant();
    await letIn('digital_card', 1);
    await bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 });
    await bench(digitalCard).slice('seed', { id: job, fence: 1 });
    const verify = () =>
      bench(digitalCard).send({
        operation: 'verify',
        contract: 1,
        module: 'digital_card',
        jobId: job,
        attempt: 1,
        fence: 1,
        target: targetOf(tenant),
        to: '1.0.0',
      });
    expect(await verify()).toMatchObject({
      ok: true,
      exists: true,
      problems: [],
      highestFence: 1,
      rowCounts: { card_templates: 1, digital_cards: 0, card_validations: 0 },
    });
    await database.query({ sql: 'DROP TABLE digital_card.card_validations', parameters: [] });
    expect(await verify()).toMatchObject({ ok: false, problems: ['table card_validations is missing'] });
    await database.query({ sql: 'DROP SCHEMA digital_card CASCADE', parameters: [] });
    expect(await verify()).toMatchObject({
      ok: false,
      exists: false,
      problems: expect.arrayContaining(['0001_create_card_templates is missing']),
      rowCounts: {},
    });
    await database.query({ sql: 'CREATE SCHEMA digital_card', parameters: [] });
    expect(await verify()).toMatchObject({ ok: false, exists: true, rowCounts: {} });
    await database.query({ sql: `UPDATE platform.past_fences SET tokens = '{"gone": 11, "older": 3}'`, parameters: [] });
    expect(await verify()).toMatchObject({ highestFence: 11 });
  });
});

describe('The fence', () => {
  test('stops a worker that holds a lower token than the database has seen', async () => {
    const { letIn, bench, snapshot } = await aTenant();
    await letIn('digital_card', 2);
    const before = await snapshot();
    const late = { id: job, fence: 1 };
    for (const operation of ['migrateForTenant', 'seed', 'rollbackForTenant'] as const)
      await expect(bench(digitalCard).slice(operation, late)).rejects.toMatchObject({ name: 'Refused', refusal: { reason: 'superseded' } });
    expect(await snapshot()).toEqual(before);
  });

  test('stops a worker that wakes after its job was rolled back', async () => {
    const { letIn, bench, snapshot } = await aTenant();
    const before = await snapshot();
    await letIn('digital_card', 1);
    await bench(digitalCard, 0).slice('migrateForTenant', { id: job, fence: 1 });
    await bench(digitalCard).slice('rollbackForTenant', { id: job, fence: 1 });
    await expect(bench(digitalCard, 0).slice('migrateForTenant', { id: job, fence: 1 })).rejects.toMatchObject({ name: 'Refused' });
    expect(await snapshot()).toEqual(before);
  });

  test('says Contended to whoever waits longer than 5 s for the one at work', async () => {
    const { letIn, bench, tenant } = await aTenant();
    await letIn('digital_card', 1);
    await stand.superuser(tenant.database, async (client) => {
      await client.query('BEGIN');
      await client.query(`UPDATE platform.fence SET token = 1 WHERE module = 'digital_card'`);
      const begun = Date.now();
      await expect(bench(digitalCard).slice('migrateForTenant', { id: job, fence: 1 })).rejects.toMatchObject({ name: 'Contended' });
      expect(Date.now() - begun).toBeGreaterThan(4_500);
      await client.query('ROLLBACK');
    });
  });
});

describe('Rolling back a first install', () => {
  test('leaves the database as it was, wherever the install stood, and may be repeated', async () => {
    const { letIn, bench, snapshot } = await aTenant();
    const before = await snapshot();
    for (const slices of [0, 1, 2, 3]) {
      await letIn('digital_card', slices + 1);
      const now = { id: job, fence: slices + 1 };
      for (let n = 0; n < slices; n += 1) await bench(digitalCard, 0).slice('migrateForTenant', now);
      expect(await bench(digitalCard).slice('rollbackForTenant', now)).toEqual({ contract: 1, done: true, applied: 0, total: 0 });
      await bench(digitalCard).slice('rollbackForTenant', now);
      expect(await snapshot()).toEqual(before);
    }
  });

  test('undoes a module whose hook failed after everything was committed', async () => {
    const { letIn, bench, snapshot } = await aTenant();
    const before = await snapshot();
    await letIn('broken_hook', 1);
    await bench(brokenHook).all('migrateForTenant', { id: job, fence: 1 });
    await bench(brokenHook).slice('seed', { id: job, fence: 1 });
    await expect(bench(brokenHook).slice('postInstall', { id: job, fence: 1 })).rejects.toMatchObject({
      name: 'Defect',
      message: 'the postInstall hook of broken_hook failed',
    });
    await bench(brokenHook).slice('rollbackForTenant', { id: job, fence: 1 });
    expect(await snapshot()).toEqual(before);
  });

  test('undoes what a hook wrote in a transaction of the tenant', async () => {
    const { letIn, bench, snapshot, database } = await aTenant();
    const before = await snapshot();
    await letIn('broken_hook', 1);
    const run = async ({ change, tenant, idempotencyKey }: HookContext) =>
      change((db) =>
        db
          .insertInto('parts')
          .values({ name: `${tenant.slug} ${idempotencyKey}` })
          .execute(),
      );
    const withHook = { ...brokenHook, hooks: { postInstall: { run } } };
    await bench(withHook).all('migrateForTenant', { id: job, fence: 1 });
    expect(await bench(withHook).slice('postInstall', { id: job, fence: 1 })).toEqual({ contract: 1, done: true, applied: 2, total: 2 });
    await expect(bench(withHook).slice('postInstall', { id: job, fence: 1 })).rejects.toMatchObject({ facts: { sqlState: '23505' } });
    const { rows } = await database.query({ sql: 'SELECT name FROM broken_hook.parts', parameters: [] });
    expect(rows).toEqual([{ name: expect.stringContaining(`${job}:broken_hook:postInstall`) }]);
    await bench(withHook).slice('rollbackForTenant', { id: job, fence: 1 });
    expect(await snapshot()).toEqual(before);
  });

  test('does not touch what another job installed', async () => {
    const { letIn, bench, snapshot } = await aTenant();
    await letIn('digital_card', 1);
    await bench(digitalCard).all('migrateForTenant', { id: job, fence: 1 });
    const before = await snapshot();
    await bench(digitalCard).slice('rollbackForTenant', { id: other, fence: 1 });
    expect(await snapshot()).toEqual(before);
  });

  test('is refused, naming them, while something outside the schema depends on it', async () => {
    const { letIn, bench, snapshot, database } = await aTenant();
    await letIn('broken_rollback', 1);
    await bench(brokenRollback).all('migrateForTenant', { id: job, fence: 1 });
    const before = await snapshot();
    await expect(bench(brokenRollback).slice('rollbackForTenant', { id: job, fence: 1 })).rejects.toMatchObject({
      name: 'Defect',
      facts: { module: 'broken_rollback', dependents: [expect.stringContaining('broken_rollback_reports.latest')] },
    });
    expect(await snapshot()).toEqual(before);
    await database.query({ sql: 'DROP SCHEMA broken_rollback_reports CASCADE', parameters: [] });
    expect(await bench(brokenRollback).slice('rollbackForTenant', { id: job, fence: 1 })).toMatchObject({ done: true });
  });
});

describe('The fingerprint of a schema', () => {
  test('sees each kind of object, and is the same again when it is undone', async () => {
    const { database } = await aTenant();
    await database.query({ sql: 'CREATE SCHEMA m', parameters: [] });
    await database.query({ sql: 'CREATE TABLE m.t (id integer)', parameters: [] });
    for (const [change, undo] of changes) {
      const before = await schemaFingerprint(database, ['m']);
      await database.query({ sql: change, parameters: [] });
      expect([change, await schemaFingerprint(database, ['m'])]).not.toEqual([change, before]);
      await database.query({ sql: undo, parameters: [] });
      expect([undo, await schemaFingerprint(database, ['m'])]).toEqual([undo, before]);
    }
  });

  test('does not see rows', async () => {
    const { database } = await aTenant();
    await database.query({ sql: 'CREATE SCHEMA m', parameters: [] });
    await database.query({ sql: 'CREATE TABLE m.t (id integer)', parameters: [] });
    const before = await schemaLines(database, ['m']);
    await database.query({ sql: 'INSERT INTO m.t VALUES (1)', parameters: [] });
    expect(await schemaLines(database, ['m'])).toEqual(before);
    expect(await exactRowCounts(database, ['m'])).toEqual({ 'm.t': 1 });
    expect(await exactRowCounts(database, ['nothing'])).toEqual({});
  });
});

const changes = [
  ['CREATE TABLE m.u ()', 'DROP TABLE m.u'],
  ['ALTER TABLE m.t ADD COLUMN name text', 'ALTER TABLE m.t DROP COLUMN name'],
  ['ALTER TABLE m.t ALTER COLUMN id TYPE bigint', 'ALTER TABLE m.t ALTER COLUMN id TYPE integer'],
  ['ALTER TABLE m.t ALTER COLUMN id SET DEFAULT 5', 'ALTER TABLE m.t ALTER COLUMN id DROP DEFAULT'],
  ['ALTER TABLE m.t ALTER COLUMN id SET NOT NULL', 'ALTER TABLE m.t ALTER COLUMN id DROP NOT NULL'],
  ['CREATE INDEX t_id ON m.t (id)', 'DROP INDEX m.t_id'],
  ['ALTER TABLE m.t ADD CONSTRAINT few CHECK (id < 5)', 'ALTER TABLE m.t DROP CONSTRAINT few'],
  ['CREATE SEQUENCE m.s', 'DROP SEQUENCE m.s'],
  ["CREATE FUNCTION m.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", 'DROP FUNCTION m.f()'],
  ['CREATE VIEW m.v AS SELECT id FROM m.t', 'DROP VIEW m.v'],
  ["CREATE TYPE m.mood AS ENUM ('good', 'bad')", 'DROP TYPE m.mood'],
  ["COMMENT ON COLUMN m.t.id IS 'a key'", 'COMMENT ON COLUMN m.t.id IS NULL'],
  ["COMMENT ON SCHEMA m IS 'a module'", 'COMMENT ON SCHEMA m IS NULL'],
  ['ALTER TABLE m.t ENABLE ROW LEVEL SECURITY', 'ALTER TABLE m.t DISABLE ROW LEVEL SECURITY'],
  ['CREATE POLICY own ON m.t USING (id = 1)', 'DROP POLICY own ON m.t'],
] as const;
