import { isSymbol, isWord, type ObjectName, objectNameAt, skipWords, type Token } from './sql-tokens.ts';

/** Something that a statement names and that lives in a schema, or outside all of them. */
export interface Reference {
  readonly schema?: string;
  readonly name: string;
  /** It is the other end of a foreign key. */
  readonly key?: true;
}

/** Schemas that every statement may read. */
const open = new Set(['pg_catalog', 'information_schema']);

/** What a statement names and should not: another schema, or no schema where the search path is empty. */
export const strayReferences = (module: string, statement: readonly Token[]): readonly Reference[] =>
  referencesOf(statement).filter(({ schema }) => schema !== module && (schema === undefined || !open.has(schema)));

/** Kinds of object that belong to the whole database or cluster, not to a schema; nothing of a module's is one. */
const global = new Set(
  'access aggregate cast collation conversion database default event extension foreign group language operator publication role schema server subscription system tablespace transform user'.split(
    ' ',
  ),
);

/** `CREATE SCHEMA`, `ALTER ROLE` and their like: the kind of object, if that is what the statement defines. */
export const globalObjectOf = (statement: readonly Token[]): string | undefined => {
  if (!isWord(statement[0], 'create', 'alter', 'drop', 'reassign')) return undefined;
  const kind = statement[skipWords(statement, 1, 'or', 'replace', 'trusted', 'procedural')];
  return kind?.kind === 'word' && global.has(kind.text) ? kind.text : undefined;
};

const kinds = ['table', 'view', 'index', 'sequence', 'type', 'domain', 'function', 'procedure', 'routine', 'statistics'] as const;
/** May stand between `CREATE` and the kind of object. */
const flavours = ['or', 'replace', 'temp', 'temporary', 'unlogged', 'global', 'local', 'materialized', 'recursive', 'on'] as const;
/** May stand between the kind of object and its name. */
const modifiers = ['if', 'not', 'exists', 'only', 'concurrently', 'lateral', 'table'] as const;

const referencesOf = (statement: readonly Token[]): readonly Reference[] => {
  const common = commonTables(statement);
  const kindAt = skipWords(statement, 1, ...flavours);
  return statement.flatMap((token, at) => {
    if (!introduces(statement, at, kindAt)) return [];
    const reads = isWord(token, 'from', 'join', 'using');
    const known = ({ schema, name, next }: ObjectName): boolean =>
      schema === undefined && reads && (common.has(name) || isSymbol(statement[next], '('));
    return namesFrom(statement, at + 1)
      .filter((found) => !known(found))
      .map(({ schema, name }) => ({
        name,
        ...(schema === undefined ? {} : { schema }),
        ...(isWord(token, 'references') ? { key: true } : {}),
      }));
  });
};

/** Whether a name of a table, view … stands after the token at `at`; `kindAt` is where the kind of what is defined stands. */
const introduces = (statement: readonly Token[], at: number, kindAt: number): boolean => {
  const [token, before, head] = [statement[at], statement[at - 1], statement[0]];
  if (isWord(token, 'join', 'into', 'references')) return true;
  if (isWord(token, 'from')) return readsRows(statement, at);
  if (isWord(token, 'using')) return isWord(head, 'delete', 'merge');
  if (isWord(token, 'update')) return at === 0 || isSymbol(before, '(') || isSymbol(before, ')');
  if (isWord(token, 'truncate')) return at === 0;
  if (isWord(token, 'on')) return standsOnATable(statement, at);
  if (isWord(token, 'of', 'partition')) return isWord(before, 'partition', 'attach', 'detach');
  if (isWord(token, 'function', 'procedure') && isWord(before, 'execute')) return true;
  if (at !== kindAt || !isWord(token, ...kinds)) return false;
  return isWord(head, 'alter', 'drop', 'comment', 'lock', 'refresh', 'reindex') || (isWord(head, 'create') && !isWord(token, 'index'));
};

/** In `extract(year FROM born)`, `trim(both FROM x)` and `IS DISTINCT FROM` no rows are read. */
const readsRows = (statement: readonly Token[], at: number): boolean => {
  if (isWord(statement[at - 1], 'distinct')) return false;
  const depth = statement[at]?.depth ?? 0;
  const opened = statement.slice(0, at).findLastIndex((token) => token.depth === depth - 1 && isSymbol(token, '('));
  return opened < 0 || !isWord(statement[opened - 1], 'extract', 'substring', 'trim', 'overlay', 'position');
};

/** Indexes, triggers and policies are named without a schema: they live where their table does. */
const standsOnATable = (statement: readonly Token[], at: number): boolean =>
  isWord(statement[0], 'create', 'drop', 'alter') &&
  isWord(statement[1], 'index', 'unique', 'trigger', 'constraint', 'policy', 'or') &&
  statement.findIndex((token) => isWord(token, 'on')) === at;

/** One name, or several with commas between them, each perhaps with an alias. */
const namesFrom = (statement: readonly Token[], from: number): readonly ObjectName[] => {
  const found: ObjectName[] = [];
  let at = skipWords(statement, from, ...modifiers);
  for (let name = objectNameAt(statement, at); name !== undefined; name = objectNameAt(statement, at)) {
    found.push(name);
    const alias = skipWords(statement, name.next, 'as');
    const end = isSymbol(statement[alias], ',') ? alias : (objectNameAt(statement, alias)?.next ?? alias);
    if (!isSymbol(statement[end], ',')) break;
    at = skipWords(statement, end + 1, ...modifiers);
  }
  return found;
};

/** The names that WITH gives to queries, also `t` of `t(a, b) AS (…)`. */
const commonTables = (statement: readonly Token[]): ReadonlySet<string> => {
  const names = statement.flatMap((token, at) => {
    if (!isWord(token, 'as') || !isSymbol(statement[skipWords(statement, at + 1, 'not', 'materialized')], '(')) return [];
    const before = statement[at - 1];
    const opened = isSymbol(before, ')') ? statement.slice(0, at).findLastIndex((t) => t.depth === before?.depth && isSymbol(t, '(')) : at;
    return statement[opened - 1]?.text ?? [];
  });
  return new Set(names);
};
