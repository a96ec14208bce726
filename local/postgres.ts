import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { type Binaries, findBinaries, findServerUser, type ServerUser } from './postgres-binaries.ts';
import { placeFor, prepareFolder, type ServerFolder, superuser } from './postgres-folder.ts';
import { describeProcess, endProcess, findPort, hasExited, isAlive, takeLock } from './processes.ts';

/** PostgreSQL from an npm package: one server on the loopback interface, in its own process group, ended by us. */

export { removePostgres } from './postgres-folder.ts';

export interface PostgresOptions {
  /** Holds data, log and password; created when absent. */
  readonly dataFolder: string;
  /** A free one when absent. */
  readonly port?: number;
  readonly log: (message: string) => void;
  /** More server settings, e.g. `{ max_connections: '50' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface Postgres {
  readonly host: string;
  readonly port: number;
  /** For the embedded cloud only: product code never holds a superuser. */
  readonly superuserUrl: string;
  /** Where the server's data really is. */
  readonly data: string;
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

const host = '127.0.0.1';
const startMilliseconds = 60_000;
const startsMax = 10;

/** Fast, then immediate, then at once. */
const endings = [
  { signal: 'SIGINT', patienceMilliseconds: 10_000 },
  { signal: 'SIGQUIT', patienceMilliseconds: 3_000 },
  { signal: 'SIGKILL', patienceMilliseconds: 3_000 },
] as const;

/** What a kill -9 of the cloud left running on this data; a pid that now belongs to somebody else is left alone. */
const endLeftover = async (data: string, log: (message: string) => void): Promise<void> => {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (Number.isInteger(pid) && pid > 1 && isAlive(pid)) {
    const { program, command } = describeProcess(pid);
    if (command.includes(`-D ${data}`)) {
      if (!program.endsWith('/native/bin/postgres'))
        throw new Error(`process ${pid} (${program}) serves ${data} and is not ours: end it first`);
      log(`postgres: ending process ${pid}, left over from an earlier run`);
      await endProcess(pid, endings);
    }
  }
  rmSync(file, { force: true });
};

const defaults: Readonly<Record<string, string>> = {
  listen_addresses: host,
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  ...(process.platform === 'linux' ? { recovery_init_sync_method: 'syncfs' } : {}),
};

interface Launch {
  readonly binaries: Binaries;
  readonly folder: ServerFolder;
  readonly user: ServerUser | undefined;
  readonly port: number;
  readonly settings: Readonly<Record<string, string>>;
}

const launch = ({ binaries, folder, user, port, settings }: Launch): ChildProcess => {
  const all = { ...defaults, ...settings, port: String(port) };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const output = openSync(folder.log, 'w', 0o600);
  try {
    const child = spawn(binaries.postgres, ['-D', folder.data, ...options], {
      ...(user ? { uid: user.uid, gid: user.gid } : {}),
      cwd: '/',
      detached: true,
      env: { LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', output, output],
    });
    child.unref();
    return child;
  } finally {
    closeSync(output);
  }
};

const answers = async (connectionString: string): Promise<boolean> => {
  const client = new Client({ connectionString });
  client.on('error', () => {});
  try {
    await client.connect();
    return true;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    // 57P03: still starting, or recovering.
    if (['ECONNREFUSED', 'ECONNRESET', '57P03'].includes(code)) return false;
    throw error;
  } finally {
    await client.end().catch(() => {});
  }
};

const waitUntilReady = async (child: ChildProcess, connectionString: string): Promise<boolean> => {
  const until = Date.now() + startMilliseconds;
  while (!hasExited(child)) {
    if (await answers(connectionString)) return true;
    if (Date.now() > until) throw new Error(`PostgreSQL did not answer within ${startMilliseconds / 1000} s`);
    await sleep(10);
  }
  return false;
};

const lastLines = (file: string): string => readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n');

/** Undefined: it ended for a reason that passes, so try again. */
const launchOnce = async (options: Launch, connectionString: string): Promise<ChildProcess | undefined> => {
  const child = launch(options);
  let failure: Error | undefined;
  child.once('error', (error) => {
    failure = error;
  });
  try {
    if (await waitUntilReady(child, connectionString)) return child;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  const said = failure?.message ?? lastLines(options.folder.log);
  // Another process took the port since we looked, or backends of a killed server are still about to notice.
  if (/could not bind|pre-existing shared memory block/.test(said)) return undefined;
  throw new Error(`PostgreSQL ended at once; ${options.folder.log} says:\n${said}`);
};

const makeStop = (child: ChildProcess, release: () => void, log: (message: string) => void): Postgres['stop'] => {
  let stopping = false;
  let stopped: Promise<void> | undefined;
  child.once('exit', (code, signal) => {
    if (!stopping) log(`postgres: ended by itself (${signal ?? `code ${code}`})`);
  });
  return () => {
    stopping = true;
    stopped ??= (hasExited(child) || child.pid === undefined ? Promise.resolve() : endProcess(child.pid, endings)).finally(release);
    return stopped;
  };
};

const start = async ({ dataFolder, port: wanted, log, settings = {} }: PostgresOptions, release: () => void): Promise<Postgres> => {
  const user = findServerUser();
  const binaries = findBinaries({ user, spare: dataFolder });
  const place = placeFor(dataFolder, user);
  await endLeftover(join(place, 'data'), log);
  const folder = prepareFolder({ folder: dataFolder, place, binaries, user, log });
  for (let starts = 0; starts < startsMax; starts += 1) {
    const port = await findPort(wanted, 'PostgreSQL');
    const superuserUrl = `postgres://${superuser}:${folder.password}@${host}:${port}/postgres`;
    const child = await launchOnce({ binaries, folder, user, port, settings }, superuserUrl);
    if (child?.pid !== undefined)
      return { host, port, superuserUrl, data: folder.data, pid: child.pid, stop: makeStop(child, release, log) };
    await sleep(300);
  }
  throw new Error(`PostgreSQL did not start in ${startsMax} tries; ${folder.log} says:\n${lastLines(folder.log)}`);
};

/** Rejects when the folder is in use, the wanted port is taken, or the platform has no binaries; the message says what to do. */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const release = takeLock(join(options.dataFolder, 'lock'), `the PostgreSQL data in ${options.dataFolder}`);
  try {
    return await start(options, release);
  } catch (error) {
    release();
    throw error;
  }
};
