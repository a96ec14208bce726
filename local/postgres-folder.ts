import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Binaries, closedFolder, type ServerUser, sharedFolder } from './postgres-binaries.ts';

/** The folder of one PostgreSQL server: `data/` belongs to the server's user, the superuser's password (0600) to ours. */

export const superuser = 'postgres_local';

export interface ServerFolder {
  /** What the server works in. */
  readonly data: string;
  readonly log: string;
  readonly password: string;
}

const sharedPlaceOf = (folder: string): string =>
  join(sharedFolder, createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16));

const passwordFile = 'superuser-password';
const noteFile = 'where-the-data-is.txt';

/** Parents are never opened up: what the server's user may not reach goes to a place that it may. */
export const placeFor = (folder: string, user: ServerUser | undefined): string => {
  mkdirSync(folder, { recursive: true });
  if (user) chmodSync(folder, 0o711);
  const closed = user && closedFolder(folder, user);
  if (closed === undefined) return folder;
  const place = sharedPlaceOf(folder);
  mkdirSync(place, { recursive: true });
  for (const open of [sharedFolder, place]) chmodSync(open, 0o755);
  const note = `PostgreSQL runs as ${user?.name}, who may not enter ${closed}; so its data is in\n${place}\n`;
  writeFileSync(join(folder, noteFile), note);
  return place;
};

const readPassword = (folder: string): string => {
  const file = join(folder, passwordFile);
  if (!existsSync(file)) {
    writeFileSync(`${file}.new`, randomBytes(24).toString('base64url'), { mode: 0o600 });
    renameSync(`${file}.new`, file);
  }
  return readFileSync(file, 'utf8');
};

/** Complete or absent: a kill in the middle of initdb leaves nothing that looks like a database. */
const initialize = (place: string, password: string, binaries: Binaries, user: ServerUser | undefined): void => {
  const unfinished = join(place, 'data.new');
  const handover = join(place, 'initdb-password');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  writeFileSync(handover, password, { mode: 0o600 });
  if (user) for (const path of [unfinished, handover]) chownSync(path, user.uid, user.gid);
  const options = ['-D', unfinished, '-U', superuser, `--pwfile=${handover}`, '--auth=scram-sha-256', '--locale=C', '--encoding=UTF8'];
  const identity = user ? { uid: user.uid, gid: user.gid } : {};
  const run = spawnSync(binaries.initdb, options, { ...identity, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' }, encoding: 'utf8' });
  rmSync(handover, { force: true });
  if (run.status !== 0) throw new Error(`initdb failed in ${unfinished}: ${run.error?.message ?? run.stderr}`);
  renameSync(unfinished, join(place, 'data'));
};

export interface Preparation {
  readonly folder: string;
  readonly place: string;
  readonly binaries: Binaries;
  readonly user: ServerUser | undefined;
  readonly log: (message: string) => void;
}

/** Makes the folder ready to be served; initializes it the first time. No server may be running on it. */
export const prepareFolder = ({ folder, place, binaries, user, log }: Preparation): ServerFolder => {
  if (place !== folder) log(`postgres: its data is in ${place}, because ${user?.name} may not enter ${folder}`);
  const data = join(place, 'data');
  // Data without its password is what remains elsewhere of a state folder that was removed by hand.
  if (!existsSync(join(folder, passwordFile))) rmSync(data, { recursive: true, force: true });
  const password = readPassword(folder);
  if (!existsSync(join(data, 'PG_VERSION'))) {
    const begun = Date.now();
    initialize(place, password, binaries, user);
    log(`postgres: initialized in ${Date.now() - begun} ms`);
  }
  return { data, log: join(place, 'postgres.log'), password };
};

/** Removes a stopped server's folder, wherever its data is. */
export const removePostgres = (folder: string): void => {
  if (existsSync(join(folder, noteFile))) rmSync(sharedPlaceOf(folder), { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
};
