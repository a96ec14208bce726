import type { Fault, LintRule } from './lint-rule.ts';
import type { Token } from './sql-tokens.ts';

/** An action of ALTER TABLE that must not happen to a table which tenants have filled, told by its words. */
interface ActionRule {
  readonly words: RegExp;
  readonly rule: LintRule;
  /** Of the table, or of its column that the words name. */
  readonly message: (what: string) => string;
  /** A contract migration is the place for it. */
  readonly contract?: true;
}

const name = '("[^"]*"|[^\\s"(),]+)';
const words = (pattern: string): RegExp => new RegExp(`^${pattern}`);
const added = `add (?:column )?(?:if not exists )?(?!(?:constraint|check|foreign|unique|primary|exclude) )${name} (?=.*`;
const exclusively = 'under a lock that lets nobody in';

const actionRules: readonly ActionRule[] = [
  {
    words: words(`alter (?:column )?${name} (?:set data )?type `),
    rule: 'table-rewritten',
    message: (column) => `the type of ${column} changes: every row is written anew ${exclusively}`,
  },
  {
    words: words(`${added}(?: stored\\b| as identity\\b|\\b(?:big|small)?serial\\b))`),
    rule: 'table-rewritten',
    message: (column) => `the new column ${column} gets a value in every row that is there ${exclusively}`,
  },
  {
    words: words(`${added}\\bnot null\\b)(?!.*\\b(?:default|generated)\\b)`),
    rule: 'not-null-too-early',
    message: (column) => `the new column ${column} is NOT NULL without a default: it fails where rows stand`,
  },
  {
    words: words(`${added}\\b(?:unique|primary key)\\b)`),
    rule: 'index-locks-table',
    message: (column) => `the index for the new column ${column} is built ${exclusively}`,
  },
  {
    words: words(`${added}(?:\\bcheck \\(|\\bdefault .*references\\b|\\breferences .*default\\b))`),
    rule: 'constraint-locks-table',
    message: (column) => `the constraint on the new column ${column} is checked against every row ${exclusively}`,
  },
  {
    words: words(`alter (?:column )?${name} set not null`),
    rule: 'not-null-too-early',
    message: (column) => `${column} becomes NOT NULL while code of the version before still leaves it out`,
    contract: true,
  },
  {
    words: words(`add (?:constraint \\S+ )?(?:unique|primary key|exclude)\\b(?!.* using index )`),
    rule: 'index-locks-table',
    message: (table) => `the index of a new constraint of ${table} is built ${exclusively}`,
  },
  {
    words: words(`add (?:constraint \\S+ )?(?:check|foreign key|not null)\\b(?!.* not valid)`),
    rule: 'constraint-locks-table',
    message: (table) => `a new constraint of ${table} is checked against every row ${exclusively}`,
  },
  {
    words: words(`drop (?:column )?(?:if exists )?(?!(?:constraint|column) )${name}`),
    rule: 'destroys-too-early',
    message: (column) => `${column} goes while code of the version before still uses it, and its values cannot be brought back`,
    contract: true,
  },
  {
    words: words(`rename (?:column )?(?!constraint )${name}`),
    rule: 'destroys-too-early',
    message: (column) => `${column} gets another name while code of the version before still uses the old one`,
    contract: true,
  },
  {
    words: words('set (?:logged|unlogged|tablespace|access method)\\b'),
    rule: 'table-rewritten',
    message: (table) => `${table} is written anew ${exclusively}`,
  },
];

/** What is wrong with an action on a table that is older than the version. */
export const faultsOfAction = (action: readonly Token[], table: string, isContract: boolean): readonly Fault[] => {
  const said = wordsOf(action);
  const broken = actionRules.flatMap(({ words: pattern, rule, message, contract }): readonly Fault[] => {
    const found = pattern.exec(said);
    if (found === null || (contract && isContract)) return [];
    return [{ rule, message: message(found[1] === undefined || found[1] === 'to' ? table : `${table}.${found[1].replaceAll('"', '')}`) }];
  });
  return [...broken, ...volatileDefault(said, table)];
};

/** Names keep their quotes and strings lose their text, so that nothing in them is taken for a keyword. */
export const wordsOf = (tokens: readonly Token[]): string =>
  tokens.map(({ kind, text }) => (kind === 'name' ? `"${text}"` : kind === 'text' ? "''" : text)).join(' ');

/** Functions that give one value for a whole statement; with any other, PostgreSQL may have to ask for each row. */
const steady = new Set(
  'now transaction_timestamp statement_timestamp date_trunc make_interval make_date lower upper coalesce cast to_jsonb jsonb_build_object jsonb_build_array array'.split(
    ' ',
  ),
);

const volatileDefault = (said: string, table: string): readonly Fault[] => {
  const column = words(`${added})`).exec(said)?.[1];
  const fallback = / default (.*?)(?: (?:not null|null|check|references|unique|primary key|constraint|collate)\b|$)/.exec(said)?.[1];
  if (column === undefined || fallback === undefined) return [];
  const called = [...fallback.matchAll(/(?<!:: )(?<![\w"])("[^"]*"|[a-z_]\w*) \(/g)].map(([, called]) => called ?? '');
  const unsteady = called.find((one) => !steady.has(one));
  if (unsteady === undefined) return [];
  const where = `${table}.${column.replaceAll('"', '')}`;
  return [{ rule: 'volatile-default', message: `the default of the new column ${where} calls ${unsteady}() for every row ${exclusively}` }];
};
