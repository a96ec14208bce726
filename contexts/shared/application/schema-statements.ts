import { type RawBuilder, sql } from 'kysely';
import { archiveSchemaName } from '../domain/names.ts';
import { kyselyOver, nowhere } from './database.ts';

/** What is done to a module's schema as a whole, as exact SQL: run by the adapters, and shown by a plan. */

/** Begins with `_`, which no table of a module may, so it is in nobody's way. */
export const ledgerTable = '_ledger';

export interface SchemaOf {
  readonly module: string;
  /** The tenant's other role, which the owner's default privileges let at every new schema and table. */
  readonly appRole: string;
}
export interface ArchiveOf extends SchemaOf {
  readonly archive: number;
}

/** On the schema: whose first install it was, and so who may drop it. No colon in it: the Data API would look for a parameter. */
export const markerOf = (job: string): string => `created by job ${job}`;

export const createSchemaSql = ({ module, appRole, job }: SchemaOf & { readonly job: string }): readonly string[] => [
  text(sql`create schema ${sql.id(module)}`),
  text(sql`comment on schema ${sql.id(module)} is ${sql.lit(markerOf(job))}`),
  ...createLedgerSql(module),
  text(sql`revoke all on ${sql.id(module, ledgerTable)} from ${sql.id(appRole)}`),
];

export const createLedgerSql = (module: string): readonly string[] => [
  text(sql`create table ${sql.id(module, ledgerTable)} (
    entry text primary key,
    number integer unique,
    version text not null,
    kind text not null,
    checksum text not null,
    job text not null,
    attempt integer not null,
    applied boolean not null,
    cursor jsonb,
    at timestamptz not null default now()
  )`),
  text(sql`comment on table ${sql.id(module, ledgerTable)} is ${sql.lit('what stands in this schema, and which job put it there')}`),
];

/** The application's role loses its way in; what it may do to each table stays as it is, for the way back. */
export const archiveSchemaSql = ({ module, appRole, archive }: ArchiveOf): readonly string[] => {
  const name = archiveSchemaName(module, archive);
  return [
    text(sql`alter schema ${sql.id(module)} rename to ${sql.id(name)}`),
    text(sql`revoke usage on schema ${sql.id(name)} from ${sql.id(appRole)}`),
  ];
};

export const restoreSchemaSql = ({ module, appRole, archive }: ArchiveOf): readonly string[] => [
  text(sql`alter schema ${sql.id(archiveSchemaName(module, archive))} rename to ${sql.id(module)}`),
  text(sql`grant usage on schema ${sql.id(module)} to ${sql.id(appRole)}`),
];

export const dropSchemaSql = (schema: string): string => text(sql`drop schema ${sql.id(schema)} cascade`);

const text = (statement: RawBuilder<unknown>): string => statement.compile(kyselyOver(nowhere)).sql;
