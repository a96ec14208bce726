import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { inspectTraits } from '../../../contexts/shared/adapters/inspect-traits.ts';
import { blueprintDifferences, type TableBlueprint, traitsOf } from '../../../contexts/shared/application/blueprint.ts';
import { createDeclaredTable } from '../../../contexts/shared/application/declared-table.ts';
import { defineMigrator } from '../../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../../contexts/shared/application/define-module.ts';
import type { MigratorDeclaration, Scope } from '../../../contexts/shared/application/migration.ts';
import { VerifyAnswer } from '../../../contexts/shared/domain/migrator-contract.ts';
import { makeMigratorBench, targetOf } from '../../support/migrator-bench.ts';
import { makePgDatabase } from '../../support/pg-database.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, landlord, job } = startStand();

const rooms: TableBlueprint = {
  name: 'rooms',
  scope: 'tenant',
  columns: {
    id: { type: 'text' },
    seats: { type: 'integer', default: '10' },
    rate: { type: 'numeric(10,2)', nullable: true },
    equipment: { type: 'text[]', default: "'{}'::text[]" },
    open: { type: 'boolean', default: 'true' },
    state: { type: 'text', default: "'free'::text" },
  },
  primaryKey: ['id'],
  checks: { rooms_seats: 'seats > 0' },
};
const bookings: TableBlueprint = {
  name: 'bookings',
  scope: 'tenant',
  columns: {
    room: { type: 'text' },
    start: { type: 'timestamp with time zone', default: 'now()' },
    end: { type: 'timestamp with time zone', nullable: true },
    details: { type: 'jsonb', default: "'{}'::jsonb" },
    token: { type: 'uuid', nullable: true },
    day: { type: 'date', nullable: true },
    at: { type: 'time without time zone', nullable: true },
    guests: { type: 'smallint', nullable: true },
    distance: { type: 'double precision', nullable: true },
    number: { type: 'bigint', nullable: true },
  },
  primaryKey: ['room', 'start'],
  indexes: [
    { name: 'bookings_token', on: ['token'], unique: true },
    { name: 'bookings_running', on: ['"end" DESC', 'room'], where: '"end" IS NULL' },
  ],
  foreignKeys: [{ columns: ['room'], table: 'rooms', references: ['id'], onDelete: 'CASCADE' }],
};

const manifest = defineModule({
  name: 'hotel',
  title: 'Hotel',
  description: 'For this test.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 2 }, tables: { landlord: [], tenant: ['rooms', 'bookings'] } }],
});
const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createDeclaredTable(1, rooms), createDeclaredTable(2, bookings)],
  blueprint: { '1.0.0': [rooms, bookings] },
});

const installed = async () => {
  const { letIn, bench, database, tenant } = await aTenant();
  await letIn('hotel', 1);
  const migrator = bench(declaration);
  await migrator.all('migrateForTenant', { id: job, fence: 1 });
  const run = (sql: string) => database.query({ sql, parameters: [] });
  const differences = async () => blueprintDifferences([rooms, bookings], await inspectTraits(database, 'hotel'));
  const verify = async () => {
    const common = { contract: 1, module: 'hotel', jobId: job, attempt: 1, fence: 1, target: targetOf(tenant) } as const;
    return VerifyAnswer.parse(await migrator.send({ operation: 'verify', ...common, to: '1.0.0' }));
  };
  return { database, run, differences, verify };
};

describe('A database', () => {
  test('says of tables that were made from their blueprints exactly what these say', async () => {
    const { database, differences } = await installed();

    const found = (await inspectTraits(database, 'hotel')).filter(({ table }) => table !== '_ledger');

    const sorted = (traits: readonly object[]) =>
      traits.map((trait) => JSON.stringify(trait, ['table', 'kind', 'name', 'says'])).toSorted();
    expect(sorted(found)).toEqual(sorted([rooms, bookings].flatMap(traitsOf)));
    expect(await differences()).toEqual([]);
  });

  test('has drifted where somebody has changed it by hand, and says where', async () => {
    const { run, differences } = await installed();

    await run('ALTER TABLE hotel.rooms DROP CONSTRAINT rooms_seats, ALTER COLUMN seats DROP DEFAULT, ADD COLUMN note text');
    await run('ALTER TABLE hotel.bookings DROP CONSTRAINT bookings_room_fkey');
    await run('ALTER TABLE hotel.bookings ADD FOREIGN KEY (room) REFERENCES hotel.rooms (id) NOT VALID');
    await run('DROP INDEX hotel.bookings_token');
    await run('CREATE INDEX slow ON hotel.bookings (lower(room))');

    expect(await differences()).toEqual([
      'column rooms.seats is integer not null: the blueprint says integer not null default 10',
      'check rooms_seats of rooms is missing: the blueprint says valid',
      'column rooms.note is not in the blueprint',
      'index bookings_token of bookings is missing: the blueprint says unique btree (token)',
      'foreign key bookings(room) is rooms(id) NOT VALID: the blueprint says rooms(id) ON DELETE CASCADE',
      'index slow of bookings is not in the blueprint',
    ]);
  });

  test('is told to have drifted when its migrator verifies it', async () => {
    const { run, verify } = await installed();
    const before = await verify();

    await run('ALTER TABLE hotel.rooms ALTER COLUMN state DROP NOT NULL');

    expect([before.ok, before.problems]).toEqual([true, []]);
    expect(await verify()).toMatchObject({
      ok: false,
      problems: ["column rooms.state is text default 'free'::text: the blueprint says text not null default 'free'::text"],
    });
  });

  test('tells of a key that leads out of the schema', async () => {
    const { run, differences } = await installed();

    await run('CREATE SCHEMA other');
    await run('CREATE TABLE other.rooms (id text PRIMARY KEY)');
    await run('ALTER TABLE hotel.bookings DROP CONSTRAINT bookings_room_fkey');
    await run('ALTER TABLE hotel.bookings ADD FOREIGN KEY (room) REFERENCES other.rooms (id) ON DELETE CASCADE');

    expect(await differences()).toEqual([
      'foreign key bookings(room) is other.rooms(id) ON DELETE CASCADE: the blueprint says rooms(id) ON DELETE CASCADE',
    ]);
  });
});

const contexts = join(import.meta.dirname, '../../../contexts');
const migrators = readdirSync(contexts).map((folder) => join(contexts, folder, 'migrator.ts'));
const declarations = await Promise.all(
  migrators.filter(existsSync).map(async (file) => (await import(file)) as { readonly declaration: MigratorDeclaration }),
);
const blueprintsOf = ({ declaration: of }: { readonly declaration: MigratorDeclaration }) =>
  Object.keys(of.blueprint ?? {}).map((version) => [`${of.manifest.name} ${version}`, of, version] as const);

describe('The blueprint of', () => {
  test.each(declarations.flatMap(blueprintsOf))(
    '%s is what its migrations make, for a tenant and for the landlord',
    async (_, of, version) => {
      const { tenant, letIn, bench, database } = await aTenant();
      const { name } = of.manifest;
      await letIn(name, 1);
      await bench(of).all('migrateForTenant', { id: job, fence: 1, to: version });
      const shared = makePgDatabase(await landlord(name));
      const atLandlord = makeMigratorBench({ declaration: of, tenant, database: shared });
      await atLandlord.all('migrateForLandlord', { id: job, fence: 1, to: version });

      const declared = (scope: Scope) => (of.blueprint?.[version] ?? []).filter((table) => table.scope === scope);
      const found = { tenant: await inspectTraits(database, name), landlord: await inspectTraits(shared, name) };

      expect(blueprintDifferences(declared('tenant'), found.tenant)).toEqual([]);
      expect(blueprintDifferences(declared('landlord'), found.landlord)).toEqual([]);
      for (const { scope, name: table } of of.blueprint?.[version] ?? []) expect(found[scope].map((trait) => trait.table)).toContain(table);
    },
  );
});
