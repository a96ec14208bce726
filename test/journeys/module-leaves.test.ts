import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiClient, type Exchange, followJob } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

/** What the users of a module see while somebody takes it away. */

let it: TestCloud;
let admin: ApiClient;
/** Set: the migrator that is to archive waits, as one that cannot get at a table does. */
let held: { readonly reached: PromiseWithResolvers<void>; readonly release: PromiseWithResolvers<void> } | undefined;

beforeAll(async () => {
  it = await startTestCloud(
    ['contexts'],
    {},
    {
      invocation: async ({ principal, payload }, run) => {
        if (held && principal === 'Migrator-elections' && payload.includes('archiveForTenant')) {
          held.reached.resolve();
          await held.release.promise;
        }
        return run();
      },
    },
  );
  for (const module of ['membership', 'elections']) await it.publish(module);
  ({ admin } = await it.tenant('acme', ['membership', 'elections']));
  const { body } = await admin.post('/tenants/acme/modules', { module: 'elections', version: '1.0.0' });
  await followJob(admin, String(body['jobId']));
});
afterAll(async () => {
  held?.release.resolve();
  await it?.stop();
});

const uninstall = async (): Promise<string> => {
  const { body } = await admin.call('DELETE', '/tenants/acme/modules/elections', { body: {} });
  return String(body['jobId']);
};
const plan = async (title: string): Promise<string> => {
  const asked = { title, candidates: ['Ada', 'Grace'], closesAt: '2099-01-01T00:00:00Z' };
  return String((await admin.post('/tenants/acme/elections', asked)).body['id']);
};
const read = (id: string): Promise<Exchange> => admin.get(`/tenants/acme/elections/${id}`);
const reasonOf = ({ status, body }: Exchange): string =>
  status < 300 ? String(status) : `${status} ${String(body['type']).split('/').at(-1)}`;

describe('A module that is being uninstalled', () => {
  test('answers 409 with the job that has it, and as before once that is called off: nothing of it stays', async () => {
    // given
    const election = await plan('Chair');
    held = { reached: Promise.withResolvers(), release: Promise.withResolvers() };
    // when
    const jobId = await uninstall();
    await held.reached.promise;
    const meanwhile = await read(election);
    await admin.post(`/jobs/${jobId}/cancel`);
    held.release.resolve();
    held = undefined;
    const job = await followJob(admin, jobId);
    const after = await read(election);
    // then
    expect([reasonOf(meanwhile), meanwhile.body['job'], meanwhile.body['module']]).toEqual(['409 module-in-change', jobId, 'elections']);
    expect(job.state).toBe('Cancelled');
    expect([after.status, after.body['status'], after.body['closedReason']]).toEqual([200, 'open', undefined]);
  });

  test('never answers 500 on its way out, and when it comes back its elections are over', async () => {
    // given
    const election = await plan('Treasurer');
    const seen = new Set<string>();
    // when
    const jobId = await uninstall();
    let gone = false;
    const asking = (async () => {
      while (!gone) seen.add(reasonOf(await read(election)));
    })();
    const job = await followJob(admin, jobId).finally(() => {
      gone = true;
    });
    await asking;
    const restored = await admin.post('/tenants/acme/modules/elections/restore', {});
    await followJob(admin, String(restored.body['jobId']));
    const after = await read(election);
    // then
    expect(job.state).toBe('Uninstalled');
    expect([...seen].filter((reason) => reason !== '409 module-in-change' && reason !== '404 module-not-installed')).toEqual([]);
    expect([after.body['status'], after.body['closedReason']]).toEqual(['closed', 'module-uninstalled']);
  });
});
