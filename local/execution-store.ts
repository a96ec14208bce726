import { DatabaseSync } from 'node:sqlite';
import type { LogEvent } from './execution-history.ts';

/** Executions and their histories, remembered over a restart. Times are milliseconds. */
export interface Row {
  readonly arn: string;
  readonly machine: string;
  readonly name: string;
  readonly input: string;
  readonly status: string;
  readonly started: number;
  readonly stopped: number | null;
  readonly output: string | null;
  readonly error: string | null;
  readonly cause: string | null;
}

export type ExecutionStore = ReturnType<typeof openExecutionStore>;

export const openExecutionStore = (file: string) => {
  const db = new DatabaseSync(file);
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS executions (arn TEXT PRIMARY KEY, machine TEXT, name TEXT, input TEXT, status TEXT, started REAL, stopped REAL,
      output TEXT, error TEXT, cause TEXT);
    CREATE TABLE IF NOT EXISTS history (arn TEXT, id INTEGER, event TEXT, PRIMARY KEY (arn, id));`);
  const begin = db.prepare(
    `INSERT OR IGNORE INTO executions (arn, machine, name, input, status, started) VALUES (?, ?, ?, ?, 'RUNNING', ?)`,
  );
  const get = db.prepare('SELECT * FROM executions WHERE arn = ?');
  const end = db.prepare(
    `UPDATE executions SET status = ?, stopped = ?, output = ?, error = ?, cause = ? WHERE arn = ? AND status = 'RUNNING'`,
  );
  const log = db.prepare(
    'INSERT INTO history SELECT ?, 1 + coalesce(max(id), 0), ? FROM history WHERE arn = ? HAVING coalesce(max(id), 0) < ?',
  );
  const list = db.prepare('SELECT * FROM executions WHERE machine = ? AND (? IS NULL OR status = ?) ORDER BY started DESC LIMIT 100');
  return {
    begin: (row: Pick<Row, 'arn' | 'machine' | 'name' | 'input' | 'started'>): boolean =>
      begin.run(row.arn, row.machine, row.name, row.input, row.started).changes === 1,
    get: (execution: string): Row | undefined => get.get(execution) as unknown as Row | undefined,
    end: (
      execution: string,
      { status, at, output, error, cause }: Pick<Row, 'status' | 'output' | 'error' | 'cause'> & { readonly at: number },
    ): boolean => end.run(status, at, output, error, cause, execution).changes === 1,
    log: (execution: string, event: LogEvent, max: number): void => void log.run(execution, JSON.stringify(event), execution, max),
    history: (execution: string): readonly LogEvent[] =>
      db
        .prepare('SELECT event FROM history WHERE arn = ? ORDER BY id')
        .all(execution)
        .map(({ event }) => JSON.parse(String(event)) as LogEvent),
    list: (machine: string, status: string | null): readonly Row[] => list.all(machine, status, status) as unknown as readonly Row[],
    runningBefore: (): readonly string[] =>
      db
        .prepare(`SELECT arn FROM executions WHERE status = 'RUNNING'`)
        .all()
        .map((row) => String(row['arn'])),
    close: (): void => db.close(),
  };
};
