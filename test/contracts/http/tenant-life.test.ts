import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditEventOf } from '../../../contexts/shared/adapters/audit-item.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

let stand: ApiStand;

beforeAll(async () => {
  stand = await startApiStand();
  await stand.deploy({
    name: 'cards',
    title: 'cards',
    description: 'The module cards.',
    subscriptionRequired: false,
    serves: '>=1.0.0 <2',
    versions: [{ version: '1.0.0', migrations: { landlord: 0, tenant: 1 }, tables: { landlord: [], tenant: ['things'] } }],
  });
  await send('POST', '/platform/modules/cards/publish', { version: '1.0.0' });
});

afterAll(() => stand.close());

const send = (method: 'POST' | 'DELETE' | 'GET', path: string, body?: unknown, key?: string): Promise<Answered> =>
  stand.send({
    method,
    path: `/api/v1${path}`,
    claims: platformAdmin,
    ...(body === undefined ? {} : { body }),
    ...(key ? { headers: { 'idempotency-key': key } } : {}),
  });
const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

const trailOf = async (tenantId: string) =>
  (
    await stand.table.query(
      {
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :sk)',
        ExpressionAttributeValues: { ':pk': `TENANT#${tenantId}`, ':sk': 'EVENT#' },
      },
      { limit: 10 },
    )
  ).items.map(auditEventOf);

test('A suspension is stored once, with its event, however often it is asked for', async () => {
  // given
  const id = await stand.tenant('sleepy');
  // when
  const answers = [
    await send('POST', '/tenants/sleepy/suspend', {}, 'one'),
    await send('POST', '/tenants/sleepy/suspend', {}, 'one'),
    await send('POST', '/tenants/sleepy/suspend', {}),
    await send('POST', '/tenants/sleepy/resume', {}),
  ];
  // then
  expect(answers.map(({ status, body }) => `${status} ${body['status']}`)).toEqual([
    '200 suspended',
    '200 suspended',
    '200 suspended',
    '200 active',
  ]);
  expect(await trailOf(id)).toEqual([
    expect.objectContaining({
      sequence: 1,
      name: 'TenantSuspended',
      from: 'active',
      to: 'suspended',
      actor: platformAdmin.sub,
      tenantId: id,
    }),
    expect.objectContaining({ sequence: 2, name: 'TenantResumed', from: 'suspended', to: 'active' }),
  ]);
});

test('Twenty deprovisionings at once are one job, and each is answered with it', async () => {
  // given
  await stand.tenant('crowded');
  // when
  const answers = await Promise.all(Array.from({ length: 20 }, () => send('DELETE', '/tenants/crowded')));
  // then
  const jobs = (await send('GET', '/tenants/crowded/jobs')).body['items'] as readonly { readonly id: string; readonly kind: string }[];
  const asked = jobs.filter(({ kind }) => kind === 'deprovision').map(({ id }) => id);
  expect(asked).toHaveLength(1);
  expect(new Set(answers.filter(({ status }) => status === 202).map(({ body }) => body['jobId']))).toEqual(new Set(asked));
  // who lost every race it may lose is told to ask again
  expect(answers.filter((answer) => answer.status !== 202).map(reasonOf)).toEqual(
    answers.filter(({ status }) => status !== 202).map(() => '409 contended'),
  );
  expect(reasonOf(await send('POST', '/tenants/crowded/modules', { module: 'cards' }))).toBe('422 tenant-not-active');
});

test('A deprovisioning is refused while a job changes a module of the tenant, and names the job', async () => {
  // given
  await stand.tenant('busy');
  const { body } = await send('POST', '/tenants/busy/modules', { module: 'cards' });
  // when
  const refused = await send('DELETE', '/tenants/busy');
  // then
  expect([reasonOf(refused), refused.body['jobId']]).toEqual(['409 job-in-the-way', body['jobId']]);
  expect((await send('GET', '/tenants/busy')).body['status']).toBe('active');
});

test('An install and a deprovisioning at once are never both accepted', async () => {
  for (let round = 0; round < 5; round += 1) {
    const slug = `torn-${round}`;
    await stand.tenant(slug);
    const answers = await Promise.all([send('POST', `/tenants/${slug}/modules`, { module: 'cards' }), send('DELETE', `/tenants/${slug}`)]);
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  }
});

test('What is not archived is neither restored nor purged', async () => {
  await stand.tenant('awake');
  expect(reasonOf(await send('POST', '/tenants/awake/restore', {}))).toBe('409 tenant-not-in-this-state');
  expect(reasonOf(await send('POST', '/tenants/awake/purge', { confirm: 'awake' }))).toBe('409 tenant-not-in-this-state');
  expect(reasonOf(await send('POST', '/tenants/awake/purge', { confirm: 'asleep' }))).toBe('400 malformed');
});
