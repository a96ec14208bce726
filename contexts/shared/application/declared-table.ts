import { type CreateTableBuilder, sql } from 'kysely';
import type { ColumnBlueprint, ForeignKeyBlueprint, IndexBlueprint, TableBlueprint } from './blueprint.ts';
import type { Handle, TransactionalMigration } from './migration.ts';

/**
 * The migration that makes a declared table with all it says, and drops it. The blueprint is then part of the migration: for a
 * change, write another blueprint beside it and a migration that leads there.
 */
export const createDeclaredTable = (number: number, table: TableBlueprint): TransactionalMigration => ({
  number,
  name: `create_${table.name}`,
  kind: 'transactional',
  up: async (db) => {
    await withConstraints(withColumns(db, table), table).execute();
    for (const index of table.indexes ?? []) await createIndex(db, table.name, index);
  },
  down: (db) => db.schema.dropTable(table.name).execute(),
});

type Builder = CreateTableBuilder<string, string>;

const withColumns = (db: Handle, { name, columns }: TableBlueprint): Builder =>
  Object.entries(columns).reduce<Builder>(
    (builder, [column, blueprint]) => withColumn(builder, column, blueprint),
    db.schema.createTable(name),
  );

const withColumn = (builder: Builder, name: string, { type, nullable, default: fallback }: ColumnBlueprint): Builder =>
  builder.addColumn(name, sql.raw(type), (column) => {
    const whole = nullable ? column : column.notNull();
    return fallback === undefined ? whole : whole.defaultTo(sql.raw(fallback));
  });

const withConstraints = (builder: Builder, { name, primaryKey, foreignKeys = [], checks = {} }: TableBlueprint): Builder => {
  const keyed = builder.addPrimaryKeyConstraint(`${name}_pkey`, [...primaryKey]);
  const referring = foreignKeys.reduce<Builder>((table, key) => withForeignKey(table, name, key), keyed);
  return Object.entries(checks).reduce<Builder>(
    (table, [check, condition]) => table.addCheckConstraint(check, sql.raw(condition)),
    referring,
  );
};

const withForeignKey = (builder: Builder, table: string, { columns, table: target, references, onDelete }: ForeignKeyBlueprint): Builder =>
  builder.addForeignKeyConstraint(`${table}_${columns.join('_')}_fkey`, [...columns], target, [...references], (key) =>
    onDelete === undefined ? key : key.onDelete(onDeleteWords[onDelete]),
  );

const onDeleteWords = { CASCADE: 'cascade', 'SET NULL': 'set null', RESTRICT: 'restrict' } as const;

const createIndex = async (db: Handle, table: string, { name, on, unique, where }: IndexBlueprint): Promise<void> => {
  const index = db.schema
    .createIndex(name)
    .on(table)
    .expression(sql.raw(on.join(', ')));
  const partial = where === undefined ? index : index.where(sql.raw<boolean>(where));
  await (unique ? partial.unique() : partial).execute();
};
