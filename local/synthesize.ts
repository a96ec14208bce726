import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The cloud assembly for `roots` in `folder`, made anew only when what it is made from has changed. */
export const synthesize = async (folder: string, roots: readonly string[], log: (message: string) => void): Promise<void> => {
  const hash = inputsHash(roots);
  const mark = join(folder, 'inputs.sha256');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === hash) return;
  log('synthesizing the CDK app');
  const part = `${folder}.${process.pid}`;
  rmSync(part, { recursive: true, force: true });
  await run(part, roots);
  writeFileSync(join(part, 'inputs.sha256'), hash);
  rmSync(folder, { recursive: true, force: true });
  renameSync(part, folder);
};

const root = join(import.meta.dirname, '..');
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
