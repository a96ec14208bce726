import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Child processes that outlive a kill -9 of ours: to find them again, to be sure they are ours, and to end them. */

export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return !isZombie(pid);
};

/** Killed, and waiting for its parent to look: as good as gone. */
const isZombie = (pid: number): boolean => {
  if (process.platform !== 'linux') return false;
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true;
  }
};

const ps = (pid: number, column: string): string => {
  try {
    return execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
};

export interface RunningProcess {
  /** The file being run. */
  readonly program: string;
  readonly command: string;
}

/** Empty strings for a process that is gone. */
export const describeProcess = (pid: number): RunningProcess => {
  if (process.platform !== 'linux') return { program: ps(pid, 'comm'), command: ps(pid, 'command') };
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    return { program: readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''), command };
  } catch {
    return { program: '', command: '' };
  }
};

/** Tells two processes apart that had the same pid one after the other. */
const startOf = (pid: number): string => {
  if (process.platform !== 'linux') return ps(pid, 'lstart');
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
};

export const waitForEnd = async (pid: number, milliseconds: number): Promise<boolean> => {
  const until = Date.now() + milliseconds;
  while (isAlive(pid)) {
    if (Date.now() > until) return false;
    await sleep(10);
  }
  return true;
};

export interface Ending {
  readonly signal: NodeJS.Signals;
  readonly patienceMilliseconds: number;
}

/** Signals in turn, each with its patience, until the process is gone. */
export const endProcess = async (pid: number, endings: readonly Ending[]): Promise<void> => {
  for (const { signal, patienceMilliseconds } of endings) {
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    if (await waitForEnd(pid, patienceMilliseconds)) return;
  }
  throw new Error(`process ${pid} does not end; end it by hand`);
};

export const hasExited = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

interface Holder {
  readonly pid: number;
  readonly start: string;
}

const readHolder = (file: string): Holder | undefined => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
};

const locksTries = 3;

/**
 * Makes this process the only one that uses what the file stands for. A holder that was killed does not count.
 * Throws, naming the holder's pid. Returns how to give it back.
 */
export const takeLock = (file: string, what: string): (() => void) => {
  mkdirSync(dirname(file), { recursive: true });
  const mine: Holder = { pid: process.pid, start: startOf(process.pid) };
  for (let tries = 0; tries < locksTries; tries += 1) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
      return () => {
        if (readHolder(file)?.start === mine.start) rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder.pid) && startOf(holder.pid) === holder.start)
      throw new Error(`${what} is in use by process ${holder.pid}; end that process first`);
    rmSync(file, { force: true });
  }
  throw new Error(`${what} is being taken by several processes at once; try again`);
};

const tryListen = (port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });

/** A port of the loopback interface that is free now; the wanted one, or an error that says who wanted it. */
export const findPort = async (wanted: number | undefined, what: string): Promise<number> => {
  try {
    return await tryListen(wanted ?? 0);
  } catch (cause) {
    throw new Error(`port ${wanted} for ${what} is taken by another process; end it or choose another port`, { cause });
  }
};
