import { Defect } from '../domain/errors.ts';

/** The SQLSTATE that PostgreSQL refused with, out of what the Data API's adapter made of it. */
export const sqlStateOf = (error: unknown): string | undefined => {
  const state = error instanceof Defect ? error.facts['sqlState'] : undefined;
  return typeof state === 'string' ? state : undefined;
};

/** Whether what was to be made is there: made by a call whose answer was lost, or by another worker just now. */
export const existsAlready = (error: unknown): boolean => existing.has(sqlStateOf(error));

/** duplicate_object, duplicate_database, unique_violation, duplicate_schema, duplicate_table */
const existing: ReadonlySet<string | undefined> = new Set(['42710', '42P04', '23505', '42P06', '42P07']);

/** Whether another session changed the same row of the catalog at the same moment: "tuple concurrently updated". */
export const lostRace = (error: unknown): boolean => existsAlready(error) || sqlStateOf(error) === 'XX000';
