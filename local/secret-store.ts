import { randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { LocalClock } from './clock.ts';

/** Secrets in one file that only its owner can read, replaced as a whole by rename. */

export interface SecretVersion {
  readonly id: string;
  readonly createdAt: string;
  readonly stages: readonly string[];
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
}

export interface StoredSecret {
  readonly arn: string;
  readonly name: string;
  readonly description?: string;
  readonly createdAt: string;
  readonly changedAt: string;
  /** The recovery window: unreadable from `deletedAt`, gone at `removeAt`. */
  readonly deletedAt?: string;
  readonly removeAt?: string;
  readonly tags: Readonly<Record<string, string>>;
  /** The newest last. */
  readonly versions: readonly SecretVersion[];
}

export interface SecretStore {
  /** By name, ARN, or ARN without its six characters; those in their recovery window too. */
  readonly find: (id: string) => StoredSecret | undefined;
  readonly list: () => readonly StoredSecret[];
  /** Resolves when the file says so. */
  readonly save: (secret: StoredSecret) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

const arnPrefix = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:';
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

export const arnOfName = (name: string): string => `${arnPrefix}${name}`;

/** AWS ends an ARN in six random characters, so that a policy does not open a later secret of the same name. */
export const newSecretArn = (name: string): string =>
  `${arnOfName(name)}-${Array.from({ length: 6 }, () => alphabet[randomInt(alphabet.length)]).join('')}`;

const read = (file: string): readonly StoredSecret[] =>
  existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as StoredSecret[]) : [];

export const openSecretStore = ({ file, clock }: { file: string; clock: Pick<LocalClock, 'now'> }): SecretStore => {
  mkdirSync(dirname(file), { recursive: true });
  const byName = new Map(read(file).map((secret) => [secret.name, secret]));

  const write = async (): Promise<void> => {
    await writeFile(`${file}.new`, JSON.stringify([...byName.values()]), { mode: 0o600 });
    await rename(`${file}.new`, file);
  };
  // Changes that arrive during a write share the next one.
  let writing: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const persist = (): Promise<void> => {
    next ??= writing
      .catch(() => {})
      .then(() => {
        next = undefined;
        writing = write();
        return writing;
      });
    return next;
  };

  const unlessGone = (secret: StoredSecret | undefined): StoredSecret | undefined => {
    if (secret?.removeAt === undefined || new Date(secret.removeAt) > clock.now()) return secret;
    byName.delete(secret.name);
    return undefined;
  };

  const nameOf = (id: string): string => {
    if (!id.startsWith(arnPrefix)) return id;
    const rest = id.slice(arnPrefix.length);
    return byName.has(rest) ? rest : rest.replace(/-[A-Za-z0-9]{6}$/, '');
  };

  return {
    find: (id) => {
      const secret = unlessGone(byName.get(nameOf(id)));
      const byArn = id.startsWith(arnPrefix) && id !== arnOfName(secret?.name ?? '');
      return byArn && secret?.arn !== id ? undefined : secret;
    },
    list: () => [...byName.values()].filter((secret) => unlessGone(secret) !== undefined),
    save: (secret) => {
      byName.set(secret.name, secret);
      return persist();
    },
    remove: (name) => {
      byName.delete(name);
      return persist();
    },
  };
};
