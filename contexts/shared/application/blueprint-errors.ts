import type { FieldError } from '../domain/errors.ts';
import type { TableBlueprint } from './blueprint.ts';
import type { MigratorDeclaration } from './migration.ts';

/** What of the blueprints cannot be true, so that no database could ever agree with them. */
export const blueprintErrors = ({ manifest, blueprint = {} }: MigratorDeclaration): readonly FieldError[] =>
  Object.entries(blueprint).flatMap(([version, tables]) => {
    const known = manifest.versions.find((candidate) => candidate.version === version);
    const field = `blueprint(${version})`;
    if (known === undefined) return [{ field, message: `${manifest.name} has no version ${version}: name one of the manifest` }];
    return tables.flatMap((table, index) => {
      const owned = known.tables[table.scope];
      const listed = owned.includes(table.name)
        ? []
        : [
            {
              field: `${field}[${index}].name`,
              message: `${table.name} is no ${table.scope} table of ${version}: list it in the manifest`,
            },
          ];
      return [
        ...listed,
        ...tableErrors(table, owned).map(({ field: part, message }) => ({ field: `${field}[${index}].${part}`, message })),
      ];
    });
  });

const tableErrors = (
  { columns, primaryKey, indexes = [], foreignKeys = [] }: TableBlueprint,
  owned: readonly string[],
): readonly FieldError[] => {
  const unknown = (field: string, named: readonly string[]): readonly FieldError[] =>
    named.filter((name) => !(name in columns)).map((name) => ({ field, message: `${name} is no column of the table` }));
  return [
    ...(primaryKey.length === 0
      ? [{ field: 'primaryKey', message: 'a table needs one: a row without it cannot be told from another' }]
      : []),
    ...unknown('primaryKey', primaryKey),
    ...indexes.flatMap(({ on }, place) => unknown(`indexes[${place}].on`, on.map(columnOf))),
    ...foreignKeys.flatMap(({ columns: own, table }, place) => [
      ...unknown(`foreignKeys[${place}].columns`, own),
      ...(owned.includes(table)
        ? []
        : [
            {
              field: `foreignKeys[${place}].table`,
              message: `${table} is no table of the same module and scope: no key leaves the schema`,
            },
          ]),
    ]),
  ];
};

/** `"end" DESC` → `end` */
const columnOf = (on: string): string => on.replace(/ DESC$/, '').replaceAll('"', '');
