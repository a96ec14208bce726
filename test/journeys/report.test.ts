import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AwsError, type Faults } from '../../local/gateway.ts';
import { type ApiClient, followJob, makeApiClient } from '../support/api-client.ts';
import { startTestCloud, type TestCloud } from '../support/test-cloud.ts';

const faults: Faults = {};
let stand: TestCloud;
let acme: ApiClient;
let acmeId: string;
let globex: ApiClient;

beforeAll(async () => {
  stand = await startTestCloud(['test/support/contexts'], { ReportDays: '7' }, faults);
  ({ admin: acme, id: acmeId } = await stand.tenant('acme', []));
  ({ admin: globex } = await stand.tenant('globex', []));
  await stand.publish('example');
  await ended(acme, await acme.post('/tenants/acme/modules', { module: 'example' }));
});
afterAll(() => stand?.stop());

const ended = async (client: ApiClient, { body }: Awaited<ReturnType<ApiClient['post']>>): Promise<string> =>
  (await followJob(client, String(body['jobId']))).state;
const period = (format: string) => ({ from: '2026-01-01T00:00:00Z', to: new Date().toISOString(), format });
const ask = async (format: string) => {
  const asked = await acme.post('/tenants/acme/audit/reports', period(format));
  return { state: await ended(acme, asked), path: `/tenants/acme/audit/reports/${String(asked.body['jobId'])}` };
};
const linkIn = async (path: string): Promise<string> =>
  ((await acme.get(path)).body['link'] as { readonly url: string } | undefined)?.url ?? '';

describe('A compliance report', () => {
  test('is asked for, waited for, and read through its link: as a document that is whole', async () => {
    const { state, path } = await ask('json');
    expect(state).toBe('Reported');
    const answer = await fetch(await linkIn(path));
    expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename="acme-2026-01-01-.*\.json"$/);
    const report = (await answer.json()) as Readonly<Record<string, unknown>> & { readonly events: readonly { readonly name: string }[] };
    expect(report).toMatchObject({ tenant: 'acme', tenantId: acmeId, whole: true, gaps: [] });
    expect(report.events.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['TenantProvisioned', 'ModuleInstallationRequested', 'ModuleInstallationCompleted']),
    );
    const { body } = await acme.get(path);
    expect(body).toMatchObject({ events: report.events.length, whole: true });
    // what was stored just before had time to reach the index
    expect(Date.parse(String(body['writtenAt'])) - Date.parse(String(body['createdAt']))).toBeGreaterThanOrEqual(5_000);
  });

  test('is as many lines of a table, byte by byte the same for the same period', async () => {
    const wanted = { ...period('csv'), to: new Date(Date.now() - 1).toISOString() };
    const texts: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const asked = await acme.post('/tenants/acme/audit/reports', wanted);
      await ended(acme, asked);
      texts.push(await (await fetch(await linkIn(`/tenants/acme/audit/reports/${String(asked.body['jobId'])}`))).text());
    }
    expect(texts[0]).toContain(',ComplianceReported,');
    expect(texts[0]?.split('\r\n')[0]).toBe('at,name,actor,modules,from,to,reason,jobId,id,aggregate,sequence');
    expect(texts[1]).toBe(texts[0]);
  });

  test('is closed to another tenant’s admin, who finds it under no address', async () => {
    const { path } = await ask('csv');
    const answers = [await globex.get(path), await globex.get(path.replace('/acme/', '/globex/'))];
    expect(answers.map(({ status }) => status)).toEqual([403, 404]);
    expect((await globex.post('/tenants/acme/audit/reports', period('csv'))).status).toBe(403);
  });

  test('has links that end after fifteen minutes, and is gone after its days', async () => {
    const { path } = await ask('csv');
    const link = await linkIn(path);
    expect((await fetch(link)).status).toBe(200);
    stand.cloud.clock.advance(15 * 60_000 + 1_000);
    const late = await fetch(link);
    expect([late.status, await late.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
    const again = await linkIn(path);
    expect((await fetch(again)).status).toBe(200);
    stand.cloud.clock.advance(7 * 86_400_000);
    const admin = makeApiClient(stand.cloud.api, await stand.cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));
    expect((await admin.get(path)).body).toMatchObject({ state: 'Reported', goneAt: expect.any(String) });
    expect((await admin.get(path)).body['link']).toBeUndefined();
    acme = makeApiClient(stand.cloud.api, await stand.cloud.mint({ sub: 'acme-admin', role: 'tenant-admin', tenant: acmeId }));
  });

  test('fails with words while S3 is away, and is written when it is tried again', async () => {
    faults.before = ({ service }) => (service === 's3' ? new AwsError('InternalError', 'injected', { status: 500 }) : 'pass');
    const asked = await acme.post('/tenants/acme/audit/reports', period('csv'));
    const jobId = String(asked.body['jobId']);
    expect(await ended(acme, asked)).toBe('Failed');
    delete faults.before;
    const path = `/tenants/acme/audit/reports/${jobId}`;
    expect((await acme.get(path)).body).toMatchObject({ reason: 'report-not-written', error: { message: 'S3 could not be reached' } });
    expect(await ended(acme, await acme.post(`/jobs/${jobId}/retry`, {}))).toBe('Reported');
    expect((await fetch(await linkIn(path))).status).toBe(200);
  }, 120_000);
});
