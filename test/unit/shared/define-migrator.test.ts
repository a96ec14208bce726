import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineAnnouncement } from '../../../contexts/shared/application/announcement.ts';
import type { TableBlueprint } from '../../../contexts/shared/application/blueprint.ts';
import { defineMigrator } from '../../../contexts/shared/application/define-migrator.ts';
import { defineModule } from '../../../contexts/shared/application/define-module.ts';
import type { Migration, MigratorDeclaration } from '../../../contexts/shared/application/migration.ts';
import { Malformed } from '../../../contexts/shared/domain/errors.ts';
import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';

const version = (number: string, tenant: number, more: Partial<ManifestInput['versions'][number]> = {}) => ({
  version: number,
  migrations: { landlord: 0, tenant },
  tables: { landlord: [], tenant: [] },
  ...more,
});

const aModule = (...versions: ManifestInput['versions']) =>
  defineModule({ name: 'shop', title: 'Shop', description: 'A shop.', subscriptionRequired: false, serves: '>=1 <9', versions });

const migration = (number: number, kind: 'transactional' | 'contract' = 'transactional', name = `step_${number}`): Migration => ({
  number,
  name,
  kind,
  up: async () => undefined,
  down: async () => undefined,
});

const fieldsOf = (declaration: MigratorDeclaration): readonly string[] => {
  try {
    defineMigrator(declaration);
    return [];
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return error.fields.map(({ field, message }) => `${field}: ${message}`);
  }
};

describe('A migrator', () => {
  test('is accepted when manifest and migrations agree', () => {
    const declaration = {
      manifest: aModule(version('1.0.0', 1), version('2.0.0', 3)),
      landlord: [],
      tenant: [1, 2, 3].map((n) => migration(n)),
    };
    expect(defineMigrator(declaration)).toBe(declaration);
  });

  test('is refused when its numbers have a gap or its names are not names', () => {
    expect(
      fieldsOf({ manifest: aModule(version('1.0.0', 2)), landlord: [], tenant: [migration(1, 'transactional', 'Bad Name'), migration(3)] }),
    ).toEqual([
      "tenant[0].name: 'Bad Name' is not 1 to 50 of a-z, 0-9 and _",
      'tenant[1].number: is 3; migrations are numbered 1, 2, 3 … in order, so this is 2',
    ]);
  });

  test('is refused when it accepts what the lint finds without saying why', () => {
    const accepting = (reason: string) =>
      fieldsOf({
        manifest: aModule(version('1.0.0', 1)),
        landlord: [],
        tenant: [{ ...migration(1), accepts: { 'table-locked': reason } }],
      });
    expect(accepting('the table has at most ten rows')).toEqual([]);
    expect(accepting('  ok  ')).toEqual(['tenant[0].accepts.table-locked: say in a few words why it is right here']);
  });

  test('is refused when a version claims migrations that are not written, or one belongs to no version', () => {
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 2)), landlord: [], tenant: [migration(1)] })).toEqual([
      'manifest.versions(1.0.0).migrations.tenant: is 2, but only 1 are written',
    ]);
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 0)), landlord: [], tenant: [migration(1)] })).toEqual([
      'tenant[0]: migration 1 belongs to no version',
    ]);
  });

  test('is refused when a newer version has fewer migrations than an older one', () => {
    expect(
      fieldsOf({ manifest: aModule(version('2.0.0', 1), version('1.0.0', 2)), landlord: [], tenant: [migration(1), migration(2)] }),
    ).toContain('manifest.versions(2.0.0).migrations.tenant: is lower than that of the version before');
  });

  test('is refused when a contract migration is shared by all tenants, or is not the last of its version', () => {
    const shared = { ...version('1.0.0', 0), migrations: { landlord: 1, tenant: 0 } };
    expect(fieldsOf({ manifest: aModule(shared), landlord: [migration(1, 'contract')], tenant: [] })).toEqual([
      'landlord[0].kind: landlord migrations are additive: a contract migration would break tenants on older versions',
    ]);
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 2)), landlord: [], tenant: [migration(1, 'contract'), migration(2)] })).toEqual([
      'tenant[1].kind: migration 2 stands after a contract migration of version 1.0.0',
    ]);
    const twice = [migration(1, 'contract'), migration(2), migration(3, 'contract')];
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 1), version('2.0.0', 3)), landlord: [], tenant: twice })).toEqual([]);
  });

  test('is refused when seed or hooks and manifest disagree', () => {
    const seed = async () => undefined;
    const run = async () => undefined;
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 0, { seeds: true })), landlord: [], tenant: [] })).toEqual([
      'seed: the manifest announces a seed and the migrator has none',
    ]);
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 0)), landlord: [], tenant: [], seed })).toEqual([
      'seed: no version of the manifest announces it (seeds: true)',
    ]);
    expect(
      fieldsOf({
        manifest: aModule(version('1.0.0', 0, { hooks: ['preInstall'] })),
        landlord: [],
        tenant: [],
        hooks: { postInstall: { run } },
      }),
    ).toEqual([
      'hooks.preInstall: the manifest announces it and the migrator has none',
      'hooks.postInstall: no version of the manifest announces it',
    ]);
    const slow = { hooks: { preInstall: { run, timeoutSeconds: 61 } } };
    expect(fieldsOf({ manifest: aModule(version('1.0.0', 0, { hooks: ['preInstall'] })), landlord: [], tenant: [], ...slow })).toEqual([
      'hooks.preInstall.timeoutSeconds: is above 60: the function has 90 s in all',
    ]);
  });
});

describe('A manifest', () => {
  test('is refused with every field that is wrong', () => {
    try {
      aModule(version('1.0', -1), version('9.1.0', 1));
      throw new Error('was accepted');
    } catch (error) {
      expect(error).toMatchObject({ name: 'Malformed', message: expect.stringContaining('the manifest of shop is broken') });
      expect((error as Malformed).fields.map(({ field }) => field)).toEqual(
        expect.arrayContaining(['versions[0].version', 'versions[0].migrations.tenant']),
      );
    }
  });
});

describe('What a migrator announces', () => {
  const announcement = (name: string) => defineAnnouncement({ name, says: 'it happened', facts: z.strictObject({}) });
  const faults = (names: readonly string[], hook: 'preInstall' | 'postInstall' = 'postInstall') =>
    fieldsOf({
      manifest: aModule(version('1.0.0', 0, { hooks: [hook] })),
      ...{ landlord: [], tenant: [], hooks: { [hook]: { run: async () => undefined } } },
      announces: names.map(announcement),
    });

  test('has names of two words or more, each once', () => {
    expect(faults(['ShopOpened', 'ShopWasClosed'])).toEqual([]);
    expect(faults(['opened', 'ShopOpened', 'ShopOpened', 'shop.opened'])).toEqual([
      "announces[0].name: 'opened' is not two words or more like CalendarOpened, 64 letters at most",
      'announces[2].name: ShopOpened stands twice',
      "announces[3].name: 'shop.opened' is not two words or more like CalendarOpened, 64 letters at most",
    ]);
  });

  test('needs a post hook that can tell of it', () => {
    expect(faults(['ShopOpened'], 'preInstall')).toEqual(['announces: only a post hook can tell of them, and there is none']);
  });
});

describe('A blueprint', () => {
  const points: TableBlueprint = {
    name: 'points',
    scope: 'tenant',
    columns: { id: { type: 'text' }, end: { type: 'date' } },
    primaryKey: ['id'],
    indexes: [{ name: 'points_end', on: ['"end" DESC'] }],
  };
  const manifest = aModule(version('1.0.0', 1, { tables: { landlord: [], tenant: ['points'] } }));
  const faults = (table: Partial<TableBlueprint>, of = '1.0.0') =>
    fieldsOf({ manifest, landlord: [], tenant: [migration(1)], blueprint: { [of]: [{ ...points, ...table }] } });

  test('is accepted when it speaks of a table of its version and of columns that it has', () => {
    expect(faults({})).toEqual([]);
    expect(faults({ foreignKeys: [{ columns: ['id'], table: 'points', references: ['id'] }] })).toEqual([]);
  });

  test.each<readonly [string, Partial<TableBlueprint>, string]>([
    ['another table', { name: 'plots' }, 'blueprint(1.0.0)[0].name: plots is no tenant table of 1.0.0: list it in the manifest'],
    ['another scope', { scope: 'landlord' }, 'blueprint(1.0.0)[0].name: points is no landlord table of 1.0.0: list it in the manifest'],
    ['no key', { primaryKey: [] }, 'blueprint(1.0.0)[0].primaryKey: a table needs one: a row without it cannot be told from another'],
    ['a key that is no column', { primaryKey: ['code'] }, 'blueprint(1.0.0)[0].primaryKey: code is no column of the table'],
    [
      'an index on what is no column',
      { indexes: [{ name: 'i', on: ['id', 'code DESC'] }] },
      'blueprint(1.0.0)[0].indexes[0].on: code is no column of the table',
    ],
    [
      'a key out of the schema',
      { foreignKeys: [{ columns: ['code'], table: 'members', references: ['id'] }] },
      'blueprint(1.0.0)[0].foreignKeys[0].columns: code is no column of the table',
    ],
  ])('is refused with %s', (_, table, fault) => {
    expect(faults(table)[0]).toBe(fault);
  });

  test('is refused for a version that there is not', () => {
    expect(faults({}, '3.0.0')).toEqual(['blueprint(3.0.0): shop has no version 3.0.0: name one of the manifest']);
  });
});
