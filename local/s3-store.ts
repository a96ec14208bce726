import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LocalClock } from './clock.ts';

/** Objects of buckets as files: what is told of an object in the first line, its bytes behind that. Written beside and renamed. */

export interface Bucket {
  readonly name: string;
  /** Days after which objects below a prefix are gone. */
  readonly expirations: readonly { readonly prefix: string; readonly days: number }[];
}

export interface ObjectFacts {
  readonly key: string;
  readonly etag: string;
  readonly contentType: string;
  readonly contentDisposition?: string;
  readonly modifiedAt: string;
}
export interface StoredObject extends ObjectFacts {
  readonly body: Buffer;
}

type About = Omit<ObjectFacts, 'etag' | 'modifiedAt'>;

/** A part as it was sent: by number. */
export interface Part {
  readonly number: number;
  readonly etag: string;
}

export interface ObjectStore {
  readonly bucket: (name: string) => Bucket | undefined;
  readonly read: (bucket: Bucket, key: string) => Promise<StoredObject | undefined>;
  readonly list: (bucket: Bucket, prefix: string) => Promise<readonly StoredObject[]>;
  readonly put: (bucket: Bucket, about: About, body: Buffer) => Promise<ObjectFacts>;
  readonly remove: (bucket: Bucket, key: string) => Promise<void>;
  /** Parts of an object that does not exist before `complete`. */
  readonly begin: (bucket: Bucket, about: About) => Promise<string>;
  readonly upload: (bucket: Bucket, uploadId: string) => Upload | undefined;
  /** What an upload became: whoever lost the answer asks again. The latest are known, as long as the process lives. */
  readonly completed: (uploadId: string) => Completed | undefined;
}

export interface Completed {
  readonly bucket: string;
  readonly facts: ObjectFacts;
}

export interface Upload {
  readonly key: string;
  readonly putPart: (number: number, body: Buffer) => Promise<string>;
  /** Those of the parts that were sent, with their bytes. */
  readonly parts: () => Promise<readonly (Part & { readonly bytes: number })[]>;
  readonly complete: (numbers: readonly number[]) => Promise<ObjectFacts>;
  readonly abort: () => Promise<void>;
}

export const md5 = (body: Buffer): string => createHash('md5').update(body).digest('hex');
const fileOf = (key: string): string => createHash('sha256').update(key).digest('hex');
const dayMilliseconds = 86_400_000;
const rememberedUploads = 1_000;

/** At the first midnight, UTC, after that many days. */
const expiryOf = ({ expirations }: Bucket, { key, modifiedAt }: ObjectFacts): number =>
  Math.min(
    ...expirations
      .filter(({ prefix }) => key.startsWith(prefix))
      .map(({ days }) => Math.ceil((new Date(modifiedAt).getTime() + days * dayMilliseconds) / dayMilliseconds) * dayMilliseconds),
  );

const replace = async (file: string, content: Buffer): Promise<void> => {
  const beside = `${file}.${randomUUID()}.new`;
  await writeFile(beside, content, { mode: 0o600 });
  await rename(beside, file);
};

const unlessAbsent = (error: unknown): undefined => {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw error;
};

const parse = (content: Buffer): StoredObject => {
  const end = content.indexOf('\n');
  return { ...(JSON.parse(content.subarray(0, end).toString()) as ObjectFacts), body: content.subarray(end + 1) };
};

export const openObjectStore = (options: {
  readonly folder: string;
  readonly buckets: readonly Bucket[];
  readonly clock: Pick<LocalClock, 'now'>;
}): ObjectStore => {
  const { folder, buckets, clock } = options;
  const objects = ({ name }: Bucket): string => join(folder, name, 'objects');
  const uploads = ({ name }: Bucket): string => join(folder, name, 'uploads');
  for (const bucket of buckets) for (const place of [objects, uploads]) mkdirSync(place(bucket), { recursive: true });

  const load = async (bucket: Bucket, file: string): Promise<StoredObject | undefined> => {
    const content = await readFile(join(objects(bucket), file)).catch(unlessAbsent);
    const object = content && parse(content);
    if (object === undefined || clock.now().getTime() < expiryOf(bucket, object)) return object;
    await rm(join(objects(bucket), file), { force: true });
    return undefined;
  };
  const store = async (bucket: Bucket, about: About, body: Buffer, etag: string): Promise<ObjectFacts> => {
    const facts = { ...about, etag, modifiedAt: clock.now().toISOString() };
    await replace(join(objects(bucket), fileOf(about.key)), Buffer.concat([Buffer.from(`${JSON.stringify(facts)}\n`), body]));
    return facts;
  };
  const completed = new Map<string, Completed>();
  const remember = (uploadId: string, became: Completed): void => {
    completed.set(uploadId, became);
    for (const oldest of [...completed.keys()].slice(0, -rememberedUploads)) completed.delete(oldest);
  };
  return {
    bucket: (name) => buckets.find((bucket) => bucket.name === name),
    read: (bucket, key) => load(bucket, fileOf(key)),
    list: async (bucket, prefix) => {
      const files = readdirSync(objects(bucket)).filter((file) => !file.endsWith('.new'));
      const found = (await Promise.all(files.map((file) => load(bucket, file)))).filter((object) => object !== undefined);
      return found.filter(({ key }) => key.startsWith(prefix)).toSorted((a, b) => (a.key < b.key ? -1 : 1));
    },
    put: (bucket, about, body) => store(bucket, about, body, md5(body)),
    remove: (bucket, key) => rm(join(objects(bucket), fileOf(key)), { force: true }),
    begin: async (bucket, about) => {
      const uploadId = randomUUID();
      mkdirSync(join(uploads(bucket), uploadId));
      await replace(join(uploads(bucket), uploadId, 'about.json'), Buffer.from(JSON.stringify(about)));
      return uploadId;
    },
    upload: (bucket, uploadId) => {
      const parts = join(uploads(bucket), /^[0-9a-f-]{36}$/.test(uploadId) ? uploadId : 'none');
      return openUpload(parts, async (about, body, etag) => {
        const facts = await store(bucket, about, body, etag);
        remember(uploadId, { bucket: bucket.name, facts });
        return facts;
      });
    },
    completed: (uploadId) => completed.get(uploadId),
  };
};

type Store = (about: About, body: Buffer, etag: string) => Promise<ObjectFacts>;

const openUpload = (folder: string, store: Store): Upload | undefined => {
  const about = aboutOf(folder);
  if (about === undefined) return undefined;
  const fileOfPart = (number: number): string => join(folder, `part-${number}`);
  const read = (number: number): Promise<Buffer> => readFile(fileOfPart(number));
  return {
    key: about.key,
    putPart: async (number, body) => {
      await replace(fileOfPart(number), body);
      return md5(body);
    },
    parts: async () => {
      const numbers = readdirSync(folder).flatMap((file) => /^part-(\d+)$/.exec(file)?.[1] ?? []);
      const bodies = await Promise.all(numbers.map(async (number) => ({ number: Number(number), body: await read(Number(number)) })));
      return bodies.map(({ number, body }) => ({ number, etag: md5(body), bytes: body.length }));
    },
    complete: async (numbers) => {
      const bodies = await Promise.all(numbers.map(read));
      const etag = md5(Buffer.concat(bodies.map((body) => Buffer.from(md5(body), 'hex'))));
      const stored = await store(about, Buffer.concat(bodies), `${etag}-${bodies.length}`);
      rmSync(folder, { recursive: true, force: true });
      return stored;
    },
    abort: async () => rmSync(folder, { recursive: true, force: true }),
  };
};

const aboutOf = (folder: string): About | undefined => {
  try {
    return JSON.parse(readFileSync(join(folder, 'about.json'), 'utf8')) as About;
  } catch (error) {
    return unlessAbsent(error);
  }
};
