/** A table as a context declares it; what it says can be made by a migration and found again in a database. */
export interface TableBlueprint {
  readonly name: string;
  readonly scope: 'landlord' | 'tenant';
  /** In the order in which they are made. */
  readonly columns: Readonly<Record<string, ColumnBlueprint>>;
  readonly primaryKey: readonly string[];
  readonly indexes?: readonly IndexBlueprint[];
  readonly foreignKeys?: readonly ForeignKeyBlueprint[];
  /** SQL conditions by name. A database is only asked whether it has one of that name. */
  readonly checks?: Readonly<Record<string, string>>;
}

/** As PostgreSQL calls it, so that what is found can be compared. */
export type ColumnType =
  | 'bigint'
  | 'boolean'
  | 'date'
  | 'double precision'
  | 'integer'
  | 'jsonb'
  | 'smallint'
  | 'text'
  | 'text[]'
  | 'time without time zone'
  | 'timestamp with time zone'
  | 'uuid'
  | `numeric(${number},${number})`;

export interface ColumnBlueprint {
  readonly type: ColumnType;
  readonly nullable?: true;
  /** SQL as PostgreSQL writes it back: `now()`, `'open'::text`, `0`. */
  readonly default?: string;
}

export interface IndexBlueprint {
  readonly name: string;
  /** Columns, each perhaps with ` DESC`; one that is a keyword in double quotes. */
  readonly on: readonly string[];
  readonly unique?: true;
  /** Of a partial index, as PostgreSQL writes it back, without the outer parentheses. */
  readonly where?: string;
}

/** To a table of the same module and scope: no key leaves a module's schema. */
export interface ForeignKeyBlueprint {
  readonly columns: readonly string[];
  readonly table: string;
  readonly references: readonly string[];
  readonly onDelete?: 'CASCADE' | 'SET NULL' | 'RESTRICT';
}

/** One thing that is said of a table, by a blueprint or by a database, in the same words. */
export interface Trait {
  readonly table: string;
  readonly kind: 'column' | 'primary key' | 'index' | 'foreign key' | 'check';
  /** Of the column, index or check; the columns of a foreign key; empty for the primary key. */
  readonly name: string;
  readonly says: string;
}

export const traitsOf = (table: TableBlueprint): readonly Trait[] => {
  // names that SQL wants in quotes stand without them, here as in what a database says
  const trait = (kind: Trait['kind'], name: string, says: string): Trait => ({
    table: table.name,
    kind,
    name,
    says: says.replaceAll('"', ''),
  });
  return [
    ...Object.entries(table.columns).map(([name, column]) => trait('column', name, columnSays(column))),
    trait('primary key', '', `(${table.primaryKey.join(', ')})`),
    ...(table.indexes ?? []).map((index) => trait('index', index.name, indexSays(index))),
    ...(table.foreignKeys ?? []).map((key) => trait('foreign key', key.columns.join(', '), keySays(key))),
    ...Object.keys(table.checks ?? {}).map((name) => trait('check', name, 'valid')),
  ];
};

const columnSays = ({ type, nullable, default: fallback }: ColumnBlueprint): string =>
  `${type}${nullable ? '' : ' not null'}${fallback === undefined ? '' : ` default ${fallback}`}`;

const indexSays = ({ on, unique, where }: IndexBlueprint): string =>
  `${unique ? 'unique ' : ''}btree (${on.join(', ')})${where === undefined ? '' : ` WHERE (${where})`}`;

const keySays = ({ table, references, onDelete }: ForeignKeyBlueprint): string =>
  `${table}(${references.join(', ')})${onDelete === undefined ? '' : ` ON DELETE ${onDelete}`}`;

/** Where a database differs from the blueprint of tables that stand in it, each a sentence without row data. */
export const blueprintDifferences = (blueprint: readonly TableBlueprint[], found: readonly Trait[]): readonly string[] =>
  blueprint.flatMap((table) => {
    const there = found.filter((trait) => trait.table === table.name);
    // that a table is missing is told by its name in the manifest
    return there.length === 0 ? [] : tableDifferences(traitsOf(table), there);
  });

const tableDifferences = (declared: readonly Trait[], found: readonly Trait[]): readonly string[] => {
  const same = (one: Trait, other: Trait): boolean => one.kind === other.kind && one.name === other.name;
  const missingOrOther = declared.flatMap((wanted) => {
    const there = found.find((trait) => same(trait, wanted));
    if (there === undefined) return [`${nameOf(wanted)} is missing: the blueprint says ${wanted.says}`];
    return there.says === wanted.says ? [] : [`${nameOf(wanted)} is ${there.says}: the blueprint says ${wanted.says}`];
  });
  const extra = found.filter((trait) => !declared.some((wanted) => same(trait, wanted)));
  return [...missingOrOther, ...extra.map((trait) => `${nameOf(trait)} is not in the blueprint`)];
};

const nameOf = ({ table, kind, name }: Trait): string => {
  if (kind === 'column') return `column ${table}.${name}`;
  return kind === 'foreign key' ? `foreign key ${table}(${name})` : `${kind} ${name === '' ? '' : `${name} `}of ${table}`;
};
