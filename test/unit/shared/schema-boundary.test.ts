import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { dryRun, dryRunDown } from '../../../contexts/shared/application/dry-run.ts';
import type { MigratorDeclaration } from '../../../contexts/shared/application/migration.ts';
import { declaration as brokenRollback } from '../../support/contexts/broken-rollback/migrator.ts';

const root = join(import.meta.dirname, '../../../contexts');

/** The schemas that a statement names where a table, view, type or function stands. */
const schemasIn = (sql: string): readonly string[] =>
  [
    ...sql.matchAll(
      /\b(?:table|view|on|references|from|join|into|update|trigger|function|procedure|type|sequence|exists|index)\s+"?([a-z0-9_]+)"?\s*\./gi,
    ),
  ].map(([, schema = '']) => schema);

const schemasOf = async ({ manifest: { name }, landlord, tenant }: MigratorDeclaration): Promise<ReadonlySet<string>> => {
  const runs = [...landlord, ...tenant].flatMap((migration) => [dryRun(name, migration), dryRunDown(name, migration)]);
  return new Set((await Promise.all(runs)).flat().flatMap(({ sql }) => schemasIn(sql)));
};

const modules = readdirSync(root).filter((folder) => existsSync(join(root, folder, 'migrator.ts')));

describe('The migrations of a module', () => {
  test.each(modules)('of %s name no schema but its own', async (folder) => {
    const { declaration } = (await import(join(root, folder, 'migrator.ts'))) as { readonly declaration: MigratorDeclaration };
    expect([...(await schemasOf(declaration))]).toEqual([declaration.manifest.name]);
  });

  test('that reach out of their schema are found', async () => {
    expect([...(await schemasOf(brokenRollback))]).toContain('broken_rollback_reports');
    expect(schemasIn('alter table "a"."b" add foreign key (c) references "other"."d" (e)')).toEqual(['a', 'other']);
  });
});
