import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { scanContexts } from '../../../contexts/module-registry/adapters/context-scanner.ts';
import { Malformed } from '../../../contexts/shared/domain/errors.ts';
import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'module-registry-contexts-'));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const manifest = (name: string, more: Readonly<Record<string, unknown>> = {}): object => {
  const valid: ManifestInput = {
    name,
    title: name,
    description: `The module ${name}.`,
    subscriptionRequired: false,
    serves: '>=1.0.0 <2.0.0',
    versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['things'] } }],
  };
  return { ...valid, ...more };
};

/** Writes a context's folder, with the given files only. */
const folder = (path: string, files: Readonly<Record<string, string>>): string => {
  const made = join(root, path);
  mkdirSync(made, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(made, file), text);
  return made;
};
const declaring = (contents: object): string => `export const manifest = ${JSON.stringify(contents)};\n`;
const migrator = {
  'migrator.ts': `import { manifest } from './module.ts';
const things = {
  number: 1, name: 'create_things', kind: 'transactional',
  up: (db) => db.schema.createTable('things').addColumn('id', 'text').execute(),
  down: (db) => db.schema.dropTable('things').execute(),
};
export const declaration = { manifest, landlord: [], tenant: [things] };
`,
};
const installable = (path: string, contents: object): string => folder(path, { 'module.ts': declaring(contents), ...migrator });

const refusalOf = async (roots: readonly string[]): Promise<Malformed> => {
  const outcome: unknown = await scanContexts(roots).catch((error: unknown) => error);
  if (outcome instanceof Malformed) return outcome;
  throw new Error(`the scan was not refused as malformed but ended with ${JSON.stringify(outcome)}`);
};

describe('A folder', () => {
  test('is an installable context exactly when it has a module.ts', async () => {
    const finance = installable('finance', manifest('finance'));
    folder('tenancy', { 'index.ts': 'export const tenancy = 1;\n' });
    writeFileSync(join(root, 'module.ts'), 'export const manifest = {};\n');

    const found = await scanContexts([root]);

    expect(found.map((context) => [context.folder, context.manifest.name])).toEqual([[finance, 'finance']]);
  });

  test('is found in every root, and the modules come in the order of their names', async () => {
    installable('one/membership', manifest('membership'));
    installable('two/events', manifest('events'));

    const found = await scanContexts([join(root, 'one'), join(root, 'two')]);

    expect(found.map((context) => context.manifest.name)).toEqual(['events', 'membership']);
  });

  test('may leave out of its manifest what has a default', async () => {
    installable('finance', manifest('finance'));

    const [found] = await scanContexts([root]);

    expect(found?.manifest.versions[0]).toMatchObject({ dependencies: [], seeds: false, hooks: [] });
  });

  test('has an API when it has an api.ts, and none otherwise', async () => {
    const files = { 'module.ts': declaring(manifest('finance')), ...migrator };
    folder('with/finance', { ...files, 'api.ts': "export const declaration = { module: 'finance' };\n" });
    folder('without/finance', files);

    const [withApi] = await scanContexts([join(root, 'with')]);
    const [without] = await scanContexts([join(root, 'without')]);

    expect(withApi?.api).toEqual({ module: 'finance' });
    expect(without).not.toHaveProperty('api');
  });

  test('is named as the module with hyphens for underscores', async () => {
    installable('digital-card', manifest('digital_card'));

    const [found] = await scanContexts([root]);

    expect(found?.manifest.name).toBe('digital_card');
  });
});

describe('A scan is refused, naming what is wrong,', () => {
  const version = { version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: [] } };

  test.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['title', { title: '' }],
    ['serves', { serves: 'everything' }],
    ['name', { name: 'Finance' }],
    ['versions', { versions: [] }],
    ['versions.0.version', { versions: [{ ...version, version: 'v1' }] }],
    ['versions.0.migrations.tenant', { versions: [{ ...version, migrations: { landlord: 0, tenant: -1 } }] }],
    ['versions.1.version', { versions: [version, version] }],
  ])('by file and field when the manifest breaks %s', async (field, broken) => {
    const made = installable('finance', manifest('finance', broken));

    const refusal = await refusalOf([root]);

    expect(refusal.message).toContain(`${join(made, 'module.ts')}: `);
    expect(refusal.message).toContain(`${field}: `);
    expect(refusal.fields.map((fault) => fault.field)).toContain(field);
  });

  test.each<readonly [string, Readonly<Record<string, unknown>>]>([
    ['serves', { serves: 'everything' }],
    ['versions.0.version', { versions: [{ ...version, version: 'v1' }] }],
  ])('by the field at fault and none that only follows from it: %s', async (field, broken) => {
    installable('finance', manifest('finance', broken));

    const { fields } = await refusalOf([root]);

    expect(fields.map((fault) => fault.field)).toEqual([field]);
  });

  test('by the version that is outside of what the code serves', async () => {
    installable('finance', manifest('finance', { serves: '>=2' }));

    const { fields } = await refusalOf([root]);

    expect(fields).toEqual([
      { field: 'versions.0.version', message: 'version 1.0.0 is outside serves >=2: widen serves, or leave the version out' },
    ]);
  });

  test('by file and every field when the manifest has more than one fault', async () => {
    installable('finance', manifest('finance', { title: '', description: '' }));

    const { fields } = await refusalOf([root]);

    expect(fields.map(({ field }) => field)).toEqual(['title', 'description']);
  });

  test('by file when module.ts has no manifest', async () => {
    const made = folder('finance', { 'module.ts': 'export const other = 1;\n', ...migrator });

    const { message } = await refusalOf([root]);

    expect(message).toBe(`${join(made, 'module.ts')}: export const manifest is missing`);
  });

  test('by file, with the cause, when module.ts cannot be loaded', async () => {
    const made = folder('finance', { 'module.ts': "throw new Error('no such setting');\n", ...migrator });

    const refusal = await refusalOf([root]);

    expect(refusal.message).toBe(`${join(made, 'module.ts')}: no such setting`);
    expect(refusal.cause).toBeInstanceOf(Error);
  });

  test('by file and the name to take when the folder is not named as its module', async () => {
    const made = installable('cards', manifest('digital_card'));

    const { message } = await refusalOf([root]);

    expect(message).toContain(`${join(made, 'module.ts')}: name: `);
    expect(message).toContain('digital-card');
  });

  test('by folder when the migrator is missing', async () => {
    const made = folder('finance', { 'module.ts': declaring(manifest('finance')) });

    const { message } = await refusalOf([root]);

    expect(message).toContain(`${made}: migrator.ts is missing`);
  });

  test('by file when the migrator is made by hand, or for another module', async () => {
    const files = { 'module.ts': declaring(manifest('finance')) };
    const byHand = folder('one/finance', { ...files, 'migrator.ts': 'export const declaration = {};\n' });
    const others = folder('two/finance', {
      ...files,
      'migrator.ts': `export const declaration = { manifest: { name: 'events' }, landlord: [], tenant: [] };\n`,
    });

    expect((await refusalOf([join(root, 'one')])).message).toBe(`${join(byHand, 'migrator.ts')}: declaration: make it with defineMigrator`);
    expect((await refusalOf([join(root, 'two')])).message).toContain(`${join(others, 'migrator.ts')}: manifest: is that of events; `);
  });

  test('by the manifest’s field when other tables stand than it lists', async () => {
    const tables = { landlord: [], tenant: ['ledgers'] };
    const made = installable('finance', manifest('finance', { versions: [{ ...version, tables }] }));

    const { message, fields } = await refusalOf([root]);

    expect(fields.map(({ field }) => field)).toEqual(['manifest.versions(1.0.0).tables.tenant']);
    expect(message).toContain(`${join(made, 'module.ts')}: `);
    expect(message).toContain('no migration makes ledgers; things stands and is not listed; list in the manifest exactly');
  });

  test('by the migrator’s file when a seed reaches out of the schema', async () => {
    const seeded = { ...version, tables: { landlord: [], tenant: ['things'] }, seeds: true };
    const declaration = `${migrator['migrator.ts']}declaration.seed = (db) => db.withSchema('events').deleteFrom('events').execute();\n`;
    const made = folder('finance', { 'module.ts': declaring(manifest('finance', { versions: [seeded] })), 'migrator.ts': declaration });

    expect((await refusalOf([root])).message).toContain(
      `${join(made, 'migrator.ts')}: seed(1.0.0): events.events is not in the schema finance; `,
    );
  });

  test('by file when api.ts has no declaration', async () => {
    const made = folder('finance', { 'module.ts': declaring(manifest('finance')), ...migrator, 'api.ts': 'export const other = 1;\n' });

    const { message } = await refusalOf([root]);

    expect(message).toBe(`${join(made, 'api.ts')}: export const declaration is missing`);
  });

  test('by both folders when two claim one name', async () => {
    const folders = ['one/finance', 'two/finance'].map((path) => installable(path, manifest('finance')));

    const { message } = await refusalOf([join(root, 'one'), join(root, 'two')]);

    expect(message).toContain('the module finance is claimed by');
    for (const claim of folders) expect(message).toContain(claim);
  });

  test('by path when a root does not exist', async () => {
    const absent = join(root, 'absent');

    const { message } = await refusalOf([absent]);

    expect(message).toContain(absent);
  });
});
