import type { MigrationKind } from './migration.ts';

/** One direction of a migration, and what it runs. */
export interface MigrationRun {
  readonly kind: MigrationKind;
  readonly direction: 'up' | 'down';
  readonly statements: readonly { readonly sql: string }[];
}

/**
 * Whether running it takes something away that is not there again when it is undone: a contract migration says so itself; of the
 * others the SQL does. In doubt it does: whoever is warned can look.
 */
export const losesData = ({ kind, direction, statements }: MigrationRun): boolean =>
  (kind === 'contract' && direction === 'up') || statements.some(({ sql }) => destructive.test(withoutTexts(sql)));

/** What a DROP may name that holds no rows of its own. */
const rowless = [
  'index',
  'view',
  'materialized view',
  'constraint',
  'default',
  'not null',
  'identity',
  'expression',
  'function',
  'procedure',
  'routine',
  'aggregate',
  'trigger',
  'policy',
  'rule',
  'statistics',
];

/** Drops of tables and columns (where COLUMN may be left out) and of types, which take columns along; deleting, emptying, narrowing. */
const destructive = new RegExp(
  `\\bdrop\\s+(?!(?:${rowless.map((word) => word.replace(' ', '\\s+')).join('|')})\\b)|\\bdelete\\s+from\\b|\\btruncate\\b|\\balter\\s+(?:column\\s+)?\\S+\\s+(?:set\\s+data\\s+)?type\\b`,
  'is',
);

/** Comments and quoted texts say nothing of what is done; what stands between dollar quotes is code. */
const withoutTexts = (sql: string): string => sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g, ' ');
