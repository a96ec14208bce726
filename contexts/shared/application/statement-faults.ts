import type { Fault } from './lint-rule.ts';
import type { MigrationKind } from './migration.ts';
import { globalObjectOf, strayReferences } from './sql-references.ts';
import { betweenCommas, isWord, objectNameAt, skipWords, statementsOf, type Token } from './sql-tokens.ts';
import { faultsOfAction, wordsOf } from './table-actions.ts';

/** Where a statement stands. */
export interface StatementPlace {
  readonly module: string;
  readonly kind: MigrationKind;
  readonly direction: 'up' | 'down';
  /** Tables that the same version makes: no tenant has filled them yet, so they may be locked. */
  readonly fresh: ReadonlySet<string>;
  /** Constraints that the same transaction may have added NOT VALID before. */
  readonly unvalidated: ReadonlySet<string>;
}

/** What is wrong with one call. */
export const faultsOfCall = (sql: string, place: StatementPlace): readonly Fault[] => {
  const statements = statementsOf(sql);
  const many: readonly Fault[] =
    statements.length > 1 ? [{ rule: 'many-statements', message: `one call holds ${statements.length} statements` }] : [];
  return [...many, ...statements.flatMap((statement) => faultsOf(statement, place))];
};

const faultsOf = (statement: readonly Token[], place: StatementPlace): readonly Fault[] => [
  ...hidden(statement),
  ...elsewhere(statement, place),
  ...(place.direction === 'up' ? [...indexFaults(statement, place), ...lockFaults(statement), ...tableFaults(statement, place)] : []),
];

const hidden = (statement: readonly Token[]): readonly Fault[] => {
  const said = wordsOf(statement);
  if (isWord(statement[0], 'do')) return [{ rule: 'hidden-statements', message: 'a DO block hides its statements' }];
  const session =
    /^(?:set (?!local |constraints )|reset |discard |begin\b|start transaction|commit\b|rollback\b|savepoint |listen |prepare )/;
  return session.test(said) ? [{ rule: 'session-state', message: `'${said.slice(0, 40)}' changes the session or its transaction` }] : [];
};

const elsewhere = (statement: readonly Token[], { module }: StatementPlace): readonly Fault[] => {
  const global = globalObjectOf(statement);
  if (global !== undefined)
    return [{ rule: 'outside-schema', message: `a ${global} stands outside the schema ${module}, where no rollback looks` }];
  const moved = / set schema (\S+)/.exec(wordsOf(statement))?.[1];
  const gone: readonly Fault[] = moved ? [{ rule: 'outside-schema', message: `something is moved into the schema ${moved}` }] : [];
  const strays = strayReferences(module, statement).map(({ schema, name, key }): Fault => {
    if (schema === undefined) return { rule: 'outside-schema', message: `${name} is named without its schema; the search path is empty` };
    const what = `${schema}.${name}`;
    return key
      ? { rule: 'cross-schema-key', message: `a foreign key leads to ${what}, out of the schema ${module}` }
      : { rule: 'outside-schema', message: `${what} is not in the schema ${module}` };
  });
  return [...gone, ...strays];
};

const indexFaults = (statement: readonly Token[], { kind, fresh }: StatementPlace): readonly Fault[] => {
  const [, unique, index] = /^create (unique )?(index) /.exec(wordsOf(statement)) ?? [];
  if (index === undefined) return [];
  const concurrently = isWord(statement[unique === undefined ? 2 : 3], 'concurrently');
  const on = statement.findIndex((token) => isWord(token, 'on'));
  const table = objectNameAt(statement, skipWords(statement, on + 1, 'only'))?.name ?? '';
  if (concurrently && kind !== 'concurrent')
    return [{ rule: 'index-locks-table', message: `the index on ${table} cannot be built concurrently inside a transaction` }];
  if (concurrently || fresh.has(table)) return [];
  return [{ rule: 'index-locks-table', message: `the index on ${table} is built under a lock that lets nobody write` }];
};

const locking = /^(?:lock |vacuum\b|cluster\b|reindex (?!.*\bconcurrently\b)|refresh materialized view (?!concurrently ))/;

const lockFaults = (statement: readonly Token[]): readonly Fault[] => {
  const said = wordsOf(statement);
  return locking.test(said) ? [{ rule: 'table-locked', message: `'${said.slice(0, 60)}' locks the table while it runs` }] : [];
};

const tableFaults = (statement: readonly Token[], { kind, fresh, unvalidated }: StatementPlace): readonly Fault[] => {
  const [, head] = /^(alter table|drop (?:table|view|materialized view)|truncate|delete from) /.exec(wordsOf(statement)) ?? [];
  if (head === undefined) return [];
  const words = head === 'truncate' ? 1 : head.split(' ').length;
  const table = objectNameAt(statement, skipWords(statement, words, 'table', 'if', 'exists', 'only'));
  if (table === undefined || fresh.has(table.name)) return [];
  const isContract = kind === 'contract';
  if (head === 'alter table')
    return betweenCommas(statement.slice(table.next)).flatMap((action) => [
      ...faultsOfAction(action, table.name, isContract),
      ...validatedAtOnce(action, table.name, unvalidated),
    ]);
  if (isContract) return [];
  return [{ rule: 'destroys-too-early', message: `'${head}' takes from ${table.name} what cannot be brought back` }];
};

const constraintNamed = (action: readonly Token[], verb: string): string | undefined =>
  isWord(action[0], verb) && isWord(action[1], 'constraint') ? action[2]?.text : undefined;

const validatedAtOnce = (action: readonly Token[], table: string, unvalidated: StatementPlace['unvalidated']): readonly Fault[] => {
  const constraint = constraintNamed(action, 'validate');
  if (constraint === undefined || !unvalidated.has(constraint)) return [];
  const message = `${constraint} is validated in the transaction that adds it, whose lock on ${table} lasts until it has read every row`;
  return [{ rule: 'constraint-locks-table', message }];
};

/** How a statement changes which tables there are, and what it leaves to be validated. */
export interface TableEffect {
  readonly made?: string;
  readonly gone?: readonly string[];
  readonly unvalidated?: readonly string[];
}

export const tableEffectsOf = (sql: string): readonly TableEffect[] => statementsOf(sql).map(effectOf);

const effectOf = (statement: readonly Token[]): TableEffect => {
  const kindAt = skipWords(statement, 1, 'unlogged', 'global', 'local');
  if (!isWord(statement[kindAt], 'table')) return {};
  const at = skipWords(statement, kindAt + 1, 'if', 'not', 'exists', 'only');
  const first = objectNameAt(statement, at);
  if (first === undefined) return {};
  if (isWord(statement[0], 'create')) return { made: first.name };
  if (isWord(statement[0], 'drop'))
    return { gone: betweenCommas(statement.slice(at)).flatMap((part) => objectNameAt(part, 0)?.name ?? []) };
  const unvalidated = betweenCommas(statement.slice(first.next)).flatMap((action) =>
    / not valid$/.test(wordsOf(action)) ? (constraintNamed(action, 'add') ?? []) : [],
  );
  const renamed = isWord(statement[0], 'alter') && isWord(statement[first.next], 'rename') && isWord(statement[first.next + 1], 'to');
  const made = renamed ? statement[first.next + 2]?.text : undefined;
  return made === undefined ? { unvalidated } : { made, gone: [first.name] };
};
