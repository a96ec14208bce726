import { describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { buildIndex, checksumOf, dropIndex, dryRun, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';
import type { Handle, Migration } from '../../../contexts/shared/application/migration.ts';
import { type MigratorPorts, runMigrator } from '../../../contexts/shared/application/migrator-runner.ts';
import { PlanAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';
import { asOf } from '../../support/as-of.ts';

const digitalCard = asOf(declaration, '1.0.0');

const migration = (up: (db: Handle) => Promise<unknown>): Migration => ({
  number: 1,
  name: 'first',
  kind: 'transactional',
  up,
  down: async () => undefined,
});
const createNotes = migration((db) => db.schema.createTable('notes').addColumn('id', 'text').execute());

const unused: MigratorPorts = {
  tenantSchema: () => {
    throw new Error('a plan connects to nothing');
  },
  landlordSchema: () => {
    throw new Error('a plan connects to nothing');
  },
  tell: () => Promise.reject(new Error('a plan tells nothing')),
  configured: () => Promise.reject(new Error('a plan asks for nothing')),
  clock: { now: () => new Date(0) },
  sleep: async () => undefined,
  sliceBudgetMs: 0,
};

describe('A dry run', () => {
  test('lists the exact statements, in the module’s schema', async () => {
    expect(await dryRun('shop', createNotes)).toEqual([{ sql: 'create table "shop"."notes" ("id" text)', dependsOnRows: false }]);
  });

  test('says which statements depend on rows', async () => {
    const moving = migration(async (db) => {
      await db.updateTable('notes').set({ id: 'x' }).execute();
      await db.selectFrom('notes').selectAll().execute();
      await db.deleteFrom('notes').execute();
    });
    expect((await dryRun('shop', moving)).map((s) => s.dependsOnRows)).toEqual([false, false, true]);
  });

  test('ends where a migration insists on a row', async () => {
    const insisting = migration(async (db) => {
      await db.selectFrom('notes').selectAll().executeTakeFirstOrThrow();
      await db.deleteFrom('notes').execute();
    });
    expect(await dryRun('shop', insisting)).toHaveLength(1);
  });

  test('is a defect of the migration when it fails on empty tables in another way', async () => {
    const failing = migration(async () => {
      throw new TypeError('no rows');
    });
    await expect(dryRun('shop', failing)).rejects.toMatchObject({ name: 'Defect', facts: { module: 'shop' } });
  });

  test('shows an index that is built concurrently, and its end', async () => {
    const index = { name: 'notes_text', table: 'notes', on: 'lower(text)', unique: true, method: 'btree', where: 'id > 5' } as const;
    const concurrent: Migration = { number: 1, name: 'index', kind: 'concurrent', index };
    expect((await dryRun('shop', concurrent))[0]?.sql).toBe(
      'create unique index concurrently "notes_text" on "shop"."notes" using btree (lower(text)) where id > 5',
    );
    expect((await dryRunDown('shop', concurrent))[0]?.sql).toBe('drop index concurrently if exists "shop"."notes_text"');
    expect(buildIndex('shop', { name: 'a', table: 'b', on: 'c' }).sql).toBe('create index concurrently "a" on "shop"."b" using btree (c)');
    expect(dropIndex('shop', index).parameters).toEqual([]);
  });

  test('of each down of digital_card drops the table that its up made', async () => {
    const downs = [...digitalCard.landlord, ...digitalCard.tenant].map(async (m) =>
      (await dryRunDown('digital_card', m)).map((s) => s.sql),
    );
    expect((await Promise.all(downs)).flat()).toEqual(
      ['digital_card_global_config', 'card_templates', 'digital_cards', 'card_validations'].map((t) => `drop table "digital_card"."${t}"`),
    );
  });

  test('of a whole version connects to nothing', async () => {
    const run = runMigrator(digitalCard, unused);
    const answer = PlanAnswer.parse(
      await run({ operation: 'plan', contract: 1, module: 'digital_card', change: 'install', from: null, to: '1.0.0' }),
    );
    expect(answer.migrations.map(({ scope, name, statements }) => [scope, name, statements.length])).toEqual([
      ['landlord', 'create_global_config', 1],
      ['tenant', 'create_card_templates', 2],
      ['tenant', 'create_digital_cards', 3],
      ['tenant', 'create_card_validations', 2],
    ]);
    expect(await run({ operation: 'plan', contract: 1, module: 'digital_card', change: 'upgrade', from: '1.0.0', to: '1.0.0' })).toEqual({
      contract: 1,
      schema: [],
      migrations: [],
      seed: [],
      losesData: false,
    });
  });

  test('of another module is a defect', async () => {
    await expect(
      runMigrator(digitalCard, unused)({ operation: 'plan', contract: 1, module: 'shop', change: 'install', from: null, to: '1.0.0' }),
    ).rejects.toThrow('a request for shop reached the migrator of digital_card');
  });
});

describe('A checksum', () => {
  test('changes with the SQL, the name and the kind of a migration, and not with its code', async () => {
    const same = migration((database) => database.schema.createTable('notes').addColumn('id', sql`text`).execute());
    expect(await checksumOf('shop', same)).toBe(await checksumOf('shop', createNotes));
    const others = [
      migration((db) => db.schema.createTable('notes').addColumn('id', 'integer').execute()),
      { ...createNotes, name: 'other' },
      { ...createNotes, kind: 'contract' } as Migration,
    ];
    for (const other of others) expect(await checksumOf('shop', other)).not.toBe(await checksumOf('shop', createNotes));
  });

  test('of each migration of digital_card stays what it was when tenants got it', async () => {
    expect(await Promise.all([...digitalCard.landlord, ...digitalCard.tenant].map((m) => checksumOf('digital_card', m)))).toEqual([
      '0c83b072731fb4631c71d1b7e215b92b',
      '97966793902b93712d6df55334397bb6',
      'ce3ccffdaac7b110cbbca66c27f797c6',
      'effad1d8812a9e4edf41b2e5801eb851',
    ]);
  });
});
