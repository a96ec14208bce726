import { Malformed } from '../domain/errors.ts';
import { MigratorRequest } from '../domain/migrator-contract.ts';

/** What a workflow sent, checked; Malformed names every field that is wrong. */
export const parseMigratorRequest = (event: unknown): MigratorRequest => {
  const parsed = MigratorRequest.safeParse(event);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, message }) => ({ field: path.map(String).join('.'), message }));
  throw new Malformed(`not a request to a migrator: ${fields.map((f) => `${f.field} ${f.message}`).join('; ')}`, fields);
};
