import { Client, type DatabaseError, type FieldDef } from 'pg';
import type { ConnectionTarget, Lease } from './connection-pool.ts';
import { AwsError } from './gateway.ts';
import { bind, type SqlParameter, toPositional } from './rds-data-values.ts';

/** One statement on one connection, and PostgreSQL's errors in the Data API's words. */

export interface Statement {
  readonly sql: string;
  readonly parameters: readonly SqlParameter[];
  readonly timeoutMilliseconds: number;
  /** Go on in the database after the answer that it took too long. */
  readonly continueAfterTimeout: boolean;
}

/** Whether it may change the session for those who use it next; in a transaction SET LOCAL does not. */
export const leavesTraces = (sql: string): boolean =>
  /^\s*(set(?!\s+local\b)|reset|listen|prepare|declare|load|do)\b|set_config|\btemp(orary)?\b|advisory/i.test(sql);

export interface StatementResult {
  /** Empty for a statement that returns no rows. */
  readonly columns: readonly FieldDef[];
  readonly rows: readonly (readonly (string | null)[])[];
  readonly affected: number;
}

/** As PostgreSQL's JDBC driver prints them, which is what the service passes on; the state stands at the end. */
const describe = ({ severity = 'ERROR', message, detail, hint, position, where, code }: Partial<DatabaseError>): string => {
  const lines = Object.entries({ Detail: detail, Hint: hint, Position: position, Where: where }).flatMap(([name, value]) =>
    value === undefined ? [] : [`  ${name}: ${value}`],
  );
  return `${[`${severity}: ${message}`, ...lines].join('\n')}; SQLState: ${code ?? '08006'}`;
};

export const multistatement = (): AwsError => new AwsError('ValidationException', "Multistatements aren't supported.");

export const translateStatementError = (error: unknown): AwsError => {
  if (error instanceof AwsError) return error;
  const { code, message = '' } = error as Partial<DatabaseError>;
  if (code === '42601' && message.includes('multiple commands')) return multistatement();
  return new AwsError('DatabaseErrorException', describe(error as Partial<DatabaseError>));
};

/** Not reached, or not let in: refused credentials are the request's fault, all else is the database's. */
export const translateConnectError = (error: unknown): AwsError => {
  const { code = '', name, message } = error as Error & { readonly code?: string };
  if (/^(28|3D|42)/.test(code)) return new AwsError('BadRequestException', describe(error as Partial<DatabaseError>));
  const state = /^[0-9A-Z]{5}$/.test(code) ? `; SQLState: ${code}` : '';
  return new AwsError(
    'DatabaseUnavailableException',
    `The database cannot be reached: ${name === 'PoolExhausted' ? name : message}${state}`,
    { status: 504 },
  );
};

const placeParameters = (sql: string, parameters: readonly SqlParameter[]) => {
  const { text, names } = toPositional(sql);
  const byName = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  if (byName.size < parameters.length) throw new AwsError('BadRequestException', 'A parameter is given twice');
  const bound = names.map((name) => {
    const parameter = byName.get(name);
    if (!parameter) throw new AwsError('BadRequestException', `Cannot find parameter: ${name}`);
    return bind(parameter);
  });
  return { text, values: bound.map(({ value }) => value), oids: bound.map(({ oid }) => oid) };
};

/** pg hands `types` on to the Parse message, so that parameters have the types that the service gives them. */
const typed = (oids: readonly number[]) => Object.assign([...oids], { getTypeParser: () => (text: unknown) => text });

const query = async (client: Client, { sql, parameters }: Statement): Promise<StatementResult> => {
  const { text, values, oids } = placeParameters(sql, parameters);
  const config = { text, values, types: typed(oids), rowMode: 'array', queryMode: 'extended' };
  const result = await client.query<(string | null)[]>(config as unknown as { text: string; values: unknown[]; rowMode: 'array' });
  const { fields = [], rows = [], rowCount } = result;
  return { columns: fields, rows, affected: fields.length > 0 ? 0 : (rowCount ?? 0) };
};

const cancel = async (target: ConnectionTarget, processId: number): Promise<void> => {
  const client = new Client(target);
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT pg_cancel_backend($1)', [processId]);
  } catch {
    // It has ended, or the server has.
  } finally {
    await client.end().catch(() => {});
  }
};

const tooLong = (): AwsError => new AwsError('StatementTimeoutException', 'Request timed out');

/** `settled` resolves when the connection is free again, which after a timeout is later than the answer. */
export const runStatement = (
  { client, processId }: Pick<Lease, 'client' | 'processId'>,
  target: ConnectionTarget,
  statement: Statement,
): { readonly answer: Promise<StatementResult>; readonly settled: Promise<boolean> } => {
  const running = query(client, statement);
  const settled = running.then(
    () => true,
    () => false,
  );
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      if (!statement.continueAfterTimeout) void cancel(target, processId);
      reject(tooLong());
    }, statement.timeoutMilliseconds);
  });
  const answer = Promise.race([running, timeout])
    .catch((error: unknown) => Promise.reject(translateStatementError(error)))
    .finally(() => clearTimeout(timer));
  return { answer, settled };
};
