import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { removePostgres } from '../../local/postgres.ts';

/** What `npm start` writes once it is ready. */
export interface CloudFile {
  readonly api: string;
  readonly tokens: { readonly platformAdmin: string; readonly acmeAdmin: string; readonly globexAdmin: string };
  readonly postgres: string;
  readonly counters: string;
  readonly pid: number;
}

export interface RunningCloud {
  readonly facts: CloudFile;
  readonly output: () => string;
  /** SIGKILL to the cloud and to everything it started, at once. */
  readonly kill: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

const readySecondsMax = 100;

/** `npm start` as a process of its own, on a state folder. */
export const startProcess = async (localDir: string): Promise<RunningCloud> => {
  const { PORT: _port, ...env } = process.env;
  const child = spawn(process.execPath, ['local/start.ts'], { env: { ...env, LOCAL_DIR: localDir }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const file = join(localDir, 'cloud.json');
  const facts = await ready(child, file, () => output);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  return { facts, output: () => output, kill: () => end('SIGKILL'), stop: () => end('SIGINT') };
};

const ready = async (child: ChildProcess, file: string, output: () => string): Promise<CloudFile> => {
  for (let tries = 0; tries < readySecondsMax * 10; tries += 1) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output()}`);
    const facts = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as CloudFile) : undefined;
    if (facts !== undefined && facts.pid === child.pid) return facts;
    await sleep(100);
  }
  throw new Error(`npm start was not ready after ${readySecondsMax} s:\n${output()}`);
};

/** A state folder of its own, which the database's user may pass through. */
export const makeStateFolder = (): { readonly localDir: string; readonly remove: () => void } => {
  const localDir = mkdtempSync(join(tmpdir(), 'module-registry-test-'));
  chmodSync(localDir, 0o711);
  return {
    localDir,
    remove: () => {
      removePostgres(join(localDir, 'postgres'));
      rmSync(localDir, { recursive: true, force: true });
    },
  };
};
