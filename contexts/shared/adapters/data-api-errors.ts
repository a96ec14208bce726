import { Contended, Defect, Malformed, Refused, Unavailable } from '../domain/errors.ts';
import { isBrieflyAbsent, messageOf, nameOf } from './brief-absence.ts';

/** What the Data API, or the way to it, rejected with: sorted once, here, by what happens next. Messages never carry row data. */
export const translateDataApiError = (error: unknown): Error => {
  if (isOurs(error)) return error;
  const [name, message] = [nameOf(error), messageOf(error)];
  if (/Transaction is still running a query/i.test(message))
    return new Contended('the transaction is still running a query', { cause: error });
  if (name === 'TransactionNotFoundException' || /transaction .*not found/i.test(message))
    return new Unavailable('the transaction ended before its work did; repeat it', 1, { cause: error });
  const sqlState = /SQLState: ([0-9A-Z]{5})/i.exec(message)?.[1];
  if (sqlState !== undefined) return fromSqlState(sqlState, message, error);
  if (absent.has(name) || isBrieflyAbsent(error)) return new Unavailable('the database cannot be reached just now', 5, { cause: error });
  return new Defect(`the Data API refused the call: ${name}`, { awsError: name }, { cause: error });
};

const fromSqlState = (sqlState: string, message: string, cause: unknown): Error => {
  if (contended.has(sqlState)) return new Contended(`another transaction is in the way (SQLSTATE ${sqlState})`, { cause });
  if (away.has(sqlState) || sqlState.startsWith('08')) return new Unavailable(`the database is away (SQLSTATE ${sqlState})`, 5, { cause });
  const constraint = sqlState.startsWith('23') ? /constraint "([^"]+)"/.exec(message)?.[1] : undefined;
  const facts = constraint === undefined ? { sqlState } : { sqlState, constraint };
  return new Defect(`PostgreSQL refused the statement (SQLSTATE ${sqlState})${namesOnly(sqlState, message)}`, facts, { cause });
};

/** The first line of these classes names objects, never values; the others are withheld. */
const namesOnly = (sqlState: string, message: string): string => {
  if (!['23', '28', '2B', '3D', '3F', '42'].includes(sqlState.slice(0, 2))) return '';
  const line = message.split('\n')[0] ?? '';
  return `: ${line.replace(/^ERROR:\s*/, '').replace(/;?\s*(Position: \d+;?)?\s*SQLState:.*$/, '')}`;
};

const isOurs = (error: unknown): error is Error =>
  error instanceof Contended ||
  error instanceof Unavailable ||
  error instanceof Defect ||
  error instanceof Refused ||
  error instanceof Malformed;

/** lock_not_available, serialization_failure, deadlock_detected */
const contended = new Set(['55P03', '40001', '40P01']);

/** too_many_connections, admin_shutdown, crash_shutdown, cannot_connect_now, idle_in_transaction_session_timeout */
const away = new Set(['53300', '57P01', '57P02', '57P03', '25P03']);

/** In the Data API's own words; what every service says is in brief-absence.ts. */
const absent = new Set(['DatabaseResumingException', 'DatabaseUnavailableException', 'StatementTimeoutException']);
