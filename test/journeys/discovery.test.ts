import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { followJob } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

/** A tree like this one, with one folder more. */
const tree = mkdtempSync(join(tmpdir(), 'module-registry-tree-'));
let it: TestCloud | undefined;

/** The example's imports say how far the shared kernel is from where it lives; below contexts/ it is next door. */
const moveIn = (folder: string): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('../../../contexts/', ''));
  }
};

beforeAll(async () => {
  for (const folder of ['contexts', 'functions']) cpSync(folder, join(tree, folder), { recursive: true });
  cpSync('package.json', join(tree, 'package.json'));
  symlinkSync(resolve('node_modules'), join(tree, 'node_modules'));
  cpSync('test/support/contexts/example', join(tree, 'contexts/example'), { recursive: true });
  moveIn(join(tree, 'contexts/example'));
  it = await startTestCloud([join(tree, 'contexts')]);
});

afterAll(async () => {
  await it?.stop();
  rmSync(tree, { recursive: true, force: true });
});

test('a folder more under contexts/ is a module more: in the catalog, with its migrator, installed over HTTP', async () => {
  // given
  if (!it) throw new Error('the cloud did not start');
  expect(existsSync('contexts/example')).toBe(false);
  const catalog = await it.platformAdmin.get('/modules/example');
  await it.publish('example');
  const { admin } = await it.tenant('acme', ['example']);
  // when
  const { body } = await admin.post('/tenants/acme/modules', { module: 'example' });
  const job = await followJob(admin, String(body['jobId']));
  // then
  expect(catalog.status).toBe(200);
  expect(job.state).toBe('Active');
  expect((await it.databases.tables('acme')).filter((table) => table.startsWith('example.'))).not.toEqual([]);
});
