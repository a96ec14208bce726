import type { Fault } from './lint-rule.ts';
import { betweenCommas, isWord, objectNameAt, skipWords, statementsOf, type Token } from './sql-tokens.ts';
import { wordsOf } from './table-actions.ts';

/** Something that a statement makes (1) or takes away (-1). */
interface Effect {
  /** `table orders`, `column orders.note`, `index orders_at`. */
  readonly what: string;
  readonly by: 1 | -1;
  /** The table with which it comes and goes. */
  readonly of?: string;
}

/** What does not stand as before after a migration's up and down, as far as their statements tell. */
export const roundTripFaults = (up: readonly string[], down: readonly string[]): readonly Fault[] => {
  const there = up.flatMap(effectsOf);
  const back = down.flatMap(effectsOf);
  const sums = new Map<string, number>();
  for (const { what, by } of [...there, ...back]) sums.set(what, (sums.get(what) ?? 0) + by);
  const covered = coveredBy(there, back);
  return [...sums].flatMap(([what, sum]): readonly Fault[] => {
    if (sum === 0 || covered.has(what)) return [];
    return [{ rule: 'round-trip', message: sum > 0 ? `${what} is left behind by down` : `${what} is not there again after down` }];
  });
};

/** What comes and goes with its table, or, if it leans on columns, with one of these. */
const coveredBy = (there: readonly Effect[], back: readonly Effect[]): ReadonlySet<string> => {
  const all = [...there, ...back];
  const whole = new Set(all.flatMap(({ what }) => (what.startsWith('table ') ? [what.slice('table '.length)] : [])));
  const narrowed = new Set(back.flatMap(({ what, by, of }) => (by < 0 && what.startsWith('column ') ? (of ?? []) : [])));
  const leans = ({ what, of }: Effect): boolean => !what.startsWith('column ') && of !== undefined && narrowed.has(of);
  return new Set(all.flatMap((effect) => ((effect.of !== undefined && whole.has(effect.of)) || leans(effect) ? [effect.what] : [])));
};

const effectsOf = (sql: string): readonly Effect[] =>
  statementsOf(sql).flatMap((statement) => {
    if (isWord(statement[0], 'create')) return made(statement);
    if (isWord(statement[0], 'drop')) return dropped(statement);
    return isWord(statement[0], 'alter') && isWord(statement[1], 'table') ? altered(statement) : [];
  });

const kinds = ['table', 'view', 'sequence', 'type', 'domain', 'function', 'procedure', 'index', 'trigger', 'policy'] as const;
/** May stand between the verb and the kind, or the kind and the name. */
const flavours = ['unique', 'unlogged', 'materialized', 'recursive', 'constraint'] as const;
const modifiers = ['concurrently', 'if', 'not', 'exists', 'only'] as const;

const made = (statement: readonly Token[]): readonly Effect[] => {
  const kindAt = skipWords(statement, 1, ...flavours);
  const kind = statement[kindAt];
  const named = objectNameAt(statement, skipWords(statement, kindAt + 1, ...modifiers));
  if (!isWord(kind, ...kinds) || named === undefined) return [];
  const what = `${kind?.text} ${named.name}`;
  const table = tableBehind(statement, kind);
  return [{ what, by: 1, ...(table === undefined ? {} : { of: table.name }) }];
};

/** Where an index or a trigger stands, or to whose column a sequence belongs. */
const tableBehind = (statement: readonly Token[], kind: Token | undefined) => {
  const owned = statement.findIndex((token, at) => isWord(token, 'owned') && isWord(statement[at + 1], 'by'));
  if (isWord(kind, 'sequence')) return owned < 0 ? undefined : objectNameAt(statement, owned + 2);
  if (!isWord(kind, 'index', 'trigger', 'policy')) return undefined;
  const on = statement.findIndex((token) => isWord(token, 'on'));
  return objectNameAt(statement, skipWords(statement, on + 1, 'only'));
};

const dropped = (statement: readonly Token[]): readonly Effect[] => {
  const kindAt = skipWords(statement, 1, ...flavours);
  const kind = statement[kindAt];
  if (!isWord(kind, ...kinds)) return [];
  const names = betweenCommas(statement.slice(skipWords(statement, kindAt + 1, ...modifiers)));
  return names.flatMap((tokens) => {
    const named = objectNameAt(tokens, 0);
    return named === undefined ? [] : [{ what: `${kind?.text} ${named.name}`, by: -1 as const }];
  });
};

const altered = (statement: readonly Token[]): readonly Effect[] => {
  const table = objectNameAt(statement, skipWords(statement, 2, ...modifiers));
  return table === undefined ? [] : betweenCommas(statement.slice(table.next)).flatMap((action) => effectsOfAction(action, table.name));
};

const name = '"?([^"\\s(),]+)"?';
const pattern = (words: string): RegExp => new RegExp(`^${words}`);
const constraint = pattern(`(add|drop) constraint (?:if exists )?${name}`);
const column = pattern(
  `(add|drop) (?:column )?(?:if (?:not )?exists )?(?!(?:constraint|column|check|foreign|unique|primary|exclude) )${name}`,
);
const renamed = pattern(`rename (column |constraint )?${name} to ${name}`);
const renamedTable = pattern(`rename to ${name}`);

const effectsOfAction = (action: readonly Token[], of: string): readonly Effect[] => {
  const words = wordsOf(action);
  const [, newTable] = renamedTable.exec(words) ?? [];
  if (newTable !== undefined)
    return [
      { what: `table ${of}`, by: -1 },
      { what: `table ${newTable}`, by: 1 },
    ];
  const [, kind = 'column ', from, to] = renamed.exec(words) ?? [];
  if (from !== undefined)
    return [
      { what: `${kind}${of}.${from}`, by: -1, of },
      { what: `${kind}${of}.${to}`, by: 1, of },
    ];
  const isConstraint = constraint.exec(words);
  const [, verb, named] = isConstraint ?? column.exec(words) ?? [];
  return named === undefined ? [] : [{ what: `${isConstraint ? 'constraint' : 'column'} ${of}.${named}`, by: verb === 'add' ? 1 : -1, of }];
};
