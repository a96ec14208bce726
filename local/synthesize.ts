import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { place } from './place.ts';

const root = join(import.meta.dirname, '..');
/** Clouds of one checkout have mostly the same assembly: the first one makes it. */
const cache = join(root, 'node_modules', '.cache', 'assemblies');
const cachedMax = 4;

/** The cloud assembly for `roots` in `folder`, made anew only when what it is made from has changed. */
export const synthesize = async (folder: string, roots: readonly string[], log: (message: string) => void): Promise<void> => {
  const hash = inputsHash(roots);
  const mark = join(folder, 'inputs.sha256');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  const made = join(cache, hash);
  if (!existsSync(made)) {
    log('synthesizing the CDK app');
    await place(made, (part) => run(part, roots));
    forgetOldest();
  }
  rmSync(folder, { recursive: true, force: true });
  await place(folder, async (part) => {
    cpSync(made, part, { recursive: true });
    writeFileSync(join(part, 'inputs.sha256'), hash);
  });
};

const forgetOldest = (): void => {
  const entries = readdirSync(cache).filter((name) => /^[0-9a-f]{64}$/.test(name));
  const byAge = entries.map((name) => ({ name, at: statSync(join(cache, name)).mtimeMs })).toSorted((a, b) => b.at - a.at);
  for (const { name } of byAge.slice(cachedMax)) rmSync(join(cache, name), { recursive: true, force: true });
};
const outputMax = 20_000;

const run = (outdir: string, roots: readonly string[]): Promise<void> =>
  new Promise((done, reject) => {
    const env = { ...process.env, CDK_OUTDIR: outdir, CONTEXT_ROOTS: roots.join(',') };
    const child = spawn(process.execPath, ['infra/app.ts'], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-outputMax);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? done() : reject(new Error(`the CDK app did not synthesize:\n${output}`))));
  });

/** Everything that ends up in the assembly: sources, workflows, the lock file, and the folders that are looked through. */
const inputsHash = (roots: readonly string[]): string => {
  const hash = createHash('sha256').update(JSON.stringify(roots.map((one) => resolve(one))));
  const inputs = ['contexts', 'functions', 'infra', 'statemachines', 'openapi.json', 'package-lock.json', 'cdk.json'].map((name) =>
    join(root, name),
  );
  for (const file of [...inputs, ...roots.map((one) => resolve(one))].flatMap(filesBelow)) hash.update(file).update(readFileSync(file));
  return hash.digest('hex');
};

const filesBelow = (path: string): readonly string[] => {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
};
