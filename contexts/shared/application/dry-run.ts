import { createHash } from 'node:crypto';
import { NoResultError, sql } from 'kysely';
import { Defect } from '../domain/errors.ts';
import { kyselyOver, nowhere, type Queryable, type Statement } from './database.ts';
import type { ConcurrentIndex, Handle, Migration } from './migration.ts';

export interface DryStatement {
  readonly sql: string;
  /** The migration has read rows before it came to this statement, so with other rows it may be another one. */
  readonly dependsOnRows: boolean;
}

/** The statements of a migration as they would run on empty tables. Connects to nothing. */
export const dryRun = (module: string, migration: Migration): Promise<readonly DryStatement[]> =>
  recorded(module, (db, queryable) =>
    migration.kind === 'concurrent' ? queryable.query(buildIndex(module, migration.index)) : migration.up(db, undefined),
  );

export const dryRunDown = (module: string, migration: Migration): Promise<readonly DryStatement[]> =>
  recorded(module, (db, queryable) =>
    migration.kind === 'concurrent' ? queryable.query(dropIndex(module, migration.index)) : migration.down(db),
  );

/** Changes when the migration's kind, name or SQL does, and only then: minifying the code does not. */
export const checksumOf = async (module: string, migration: Migration): Promise<string> => {
  const statements = await dryRun(module, migration);
  const text = JSON.stringify([migration.kind, migration.name, ...statements.map((s) => s.sql)]);
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
};

/** A handle whose tables are those of the module's schema. */
export const moduleHandle = (module: string, queryable: Queryable): Handle => kyselyOver(queryable).withSchema(module);

export const buildIndex = (module: string, { name, table, on, unique, method, where }: ConcurrentIndex): Statement =>
  sql`create ${sql.raw(unique === true ? 'unique index' : 'index')} concurrently ${sql.ref(name)} on ${sql.table(`${module}.${table}`)} using ${sql.raw(method ?? 'btree')} (${sql.raw(on)})${sql.raw(where === undefined ? '' : ` where ${where}`)}`.compile(
    kyselyOver(nowhere),
  );

export const dropIndex = (module: string, { name }: ConcurrentIndex): Statement =>
  sql`drop index concurrently if exists ${sql.ref(`${module}.${name}`)}`.compile(kyselyOver(nowhere));

export const recorded = async (
  module: string,
  work: (db: Handle, queryable: Queryable) => Promise<unknown>,
): Promise<readonly DryStatement[]> => {
  const statements: DryStatement[] = [];
  let rowsRead = false;
  const recorder: Queryable = {
    query: async (statement) => {
      statements.push({ sql: statement.sql, dependsOnRows: rowsRead });
      rowsRead ||= /^\s*(select|with)\b|\breturning\b/i.test(statement.sql);
      return { rows: [], affected: 0 };
    },
  };
  try {
    await work(moduleHandle(module, recorder), recorder);
  } catch (error) {
    // Rows that it insists on are not there; what stands so far is what can be said.
    if (!(error instanceof NoResultError)) throw new Defect(`a migration of ${module} fails on empty tables`, { module }, { cause: error });
  }
  return statements;
};
