import { describe, expect, test } from '@jest/globals';
import { declaration } from '../../../contexts/digital-card/migrator.ts';
import { type TableBlueprint, traitsOf } from '../../../contexts/shared/application/blueprint.ts';
import type { MigratorDeclaration } from '../../../contexts/shared/application/migration.ts';
import type { Inspection, LedgerEntry } from '../../../contexts/shared/application/module-schema.ts';
import { planMigrations } from '../../../contexts/shared/application/planned-migrations.ts';
import { verifySchema } from '../../../contexts/shared/application/verify-schema.ts';
import { asOf } from '../../support/as-of.ts';

const digitalCard = asOf(declaration, '1.0.0');
const plan = await planMigrations(digitalCard, 'tenant', '1.0.0');

const ledger = plan.all.map(
  ({ entry, migration, checksum, version }): LedgerEntry => ({
    entry,
    number: migration.number,
    version,
    kind: 'transactional',
    checksum,
    job: 'job',
    attempt: 1,
    applied: true,
    cursor: null,
  }),
);
const sound: Inspection = {
  exists: true,
  entries: ledger,
  tables: ['card_templates', 'card_validations', 'digital_cards'],
  invalidIndexes: [],
  traits: [],
  fingerprint: 'f',
  rowCounts: {},
};

const verify = (found: Partial<Inspection>, declared: MigratorDeclaration = digitalCard) => {
  return verifySchema(plan, declared, { inspect: async () => ({ ...sound, ...found }), highestFence: async () => 9 });
};

const without = (number: number) => ledger.filter((e) => e.number !== number);
const entry = (number: number): LedgerEntry => ledger[number - 1] as LedgerEntry;

describe('Verifying a schema', () => {
  test('finds nothing wrong where ledger and tables are as declared', async () => {
    const seeded = [...ledger, { ...entry(1), entry: 'seed@1.0.0', number: null, kind: 'seed' as const }];
    expect(await verify({ entries: seeded })).toEqual({
      contract: 1,
      ok: true,
      exists: true,
      problems: [],
      highestFence: 9,
      fingerprint: 'f',
      rowCounts: {},
    });
  });

  test.each<[string, Partial<Inspection>, string]>([
    ['a migration that never ran', { entries: without(2) }, '0002_create_digital_cards is missing'],
    [
      'one that was broken off',
      { entries: [...without(3), { ...entry(3), applied: false }] },
      '0003_create_card_validations is not finished',
    ],
    [
      'one that was changed since',
      { entries: [...without(1), { ...entry(1), checksum: 'x' }] },
      '0001_create_card_templates was changed after it ran',
    ],
    [
      'one of another version',
      { entries: [...ledger, { ...entry(3), entry: '0004_more', number: 4 }] },
      '0004_more does not belong to 1.0.0',
    ],
    ['a table too few', { tables: ['card_templates', 'digital_cards'] }, 'table card_validations is missing'],
    ['a table too many', { tables: [...sound.tables, 'stray'] }, 'table stray is not declared'],
    ['an invalid index', { invalidIndexes: ['by_name'] }, 'index by_name is invalid'],
  ])('finds %s', async (_what, found, problem) => {
    expect(await verify(found)).toMatchObject({ ok: false, problems: [problem] });
  });

  test('finds where a table differs from its blueprint, and only those of the version and the tenant count', async () => {
    const templates: TableBlueprint = { name: 'card_templates', scope: 'tenant', columns: { id: { type: 'text' } }, primaryKey: ['id'] };
    const other: TableBlueprint = { ...templates, name: 'digital_cards', primaryKey: ['code'] };
    const traits = [templates, { ...other, primaryKey: ['id'] }].flatMap(traitsOf);
    const declared = (version: string, more: Partial<TableBlueprint> = {}): MigratorDeclaration => ({
      ...digitalCard,
      blueprint: { [version]: [templates, { ...other, ...more }] },
    });

    expect((await verify({ traits }, declared('1.0.0'))).problems).toEqual([
      'primary key of digital_cards is (id): the blueprint says (code)',
    ]);
    expect((await verify({ traits }, declared('1.0.0', { scope: 'landlord' }))).ok).toBe(true);
    expect((await verify({ traits }, declared('9.0.0'))).ok).toBe(true);
  });

  test('says nothing of tables for a version that the manifest does not have', async () => {
    expect(
      (
        await verifySchema({ ...plan, version: '9.0.0' }, digitalCard, {
          inspect: async () => ({ ...sound, tables: [] }),
          highestFence: async () => 0,
        })
      ).ok,
    ).toBe(true);
  });
});
