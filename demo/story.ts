import { type ApiClient, type Exchange, followJob, type JobView } from '../test/support/api-client.ts';
import type { StoryTools } from './perform.ts';
import type { StepTools } from './recorder.ts';

interface Tenant {
  readonly id: string;
  readonly admin: ApiClient;
}

interface TrailEvent {
  readonly name: string;
  readonly sequence: number;
  readonly at: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor: string;
  readonly reason?: string;
}

const digitalCardTables = ['digital_card.card_templates', 'digital_card.card_validations', 'digital_card.digital_cards'];

export const tellStory = async (tools: StoryTools): Promise<void> => {
  await publishModules(tools);
  const acme = await provision(tools, 'acme', 'Acme');
  const globex = await provision(tools, 'globex', 'Globex');
  await subscribe(tools, 'acme', ['digital_card', 'broken_hook', 'broken_rollback']);
  await installDigitalCard(tools, acme);
  await useCards(tools, acme);
  await refusals(tools, acme, globex);
  await rolledBack(tools, acme);
  await manualIntervention(tools, acme);
  await reportOn(tools, acme);
};

const publishModules = async ({ recorder, platformAdmin }: StoryTools): Promise<void> => {
  await recorder.step('The platform admin publishes digital_card and two broken modules', async ({ answered, holds }) => {
    for (const module of ['digital_card', 'broken_hook', 'broken_rollback']) {
      const published = answered(await platformAdmin.post(`/platform/modules/${module}/publish`, { version: '1.0.0' }));
      holds(`${module} 1.0.0 is published`, published.status === 200, published.body);
      const { body } = await platformAdmin.get(`/modules/${module}`);
      holds(`the catalog says so`, JSON.stringify(body).includes('"published"'), body);
    }
  });
};

const provision = async ({ recorder, platformAdmin, tenantAdmin, databases }: StoryTools, slug: string, name: string): Promise<Tenant> => {
  let id = '';
  await recorder.step(`The platform admin provisions ${slug}: a database, two roles, two secrets`, async (step) => {
    const { answered, holds } = step;
    const accepted = answered(await platformAdmin.post('/tenants', { slug, name }));
    holds('202 with the job', accepted.status === 202 && typeof accepted.body['jobId'] === 'string', accepted.body);
    await follow(step, platformAdmin, String(accepted.body['jobId']), 'Provisioned');
    const tenant = await platformAdmin.get(`/tenants/${slug}`);
    id = String(tenant.body['id']);
    holds(`${slug} is active`, tenant.body['status'] === 'active', tenant.body);
    const tables = await databases.tables(slug);
    holds(
      `tenant_${slug} holds the platform's tables`,
      ['cache', 'cache_locks', 'sessions'].every((table) => tables.includes(`platform.${table}`)),
      tables,
    );
  });
  return { id, admin: await tenantAdmin(id) };
};

const subscribe = async ({ recorder, platformAdmin }: StoryTools, slug: string, modules: readonly string[]): Promise<void> => {
  await recorder.step(`The platform admin subscribes ${slug} to ${modules.join(', ')}`, async ({ answered, holds }) => {
    for (const module of modules) {
      const answer = answered(await platformAdmin.call('PUT', `/tenants/${slug}/subscriptions/${module}`, { body: {} }));
      holds(`${slug} is subscribed to ${module}`, answer.status === 200 || answer.status === 201, answer.body);
    }
  });
};

const installDigitalCard = async ({ recorder, databases }: StoryTools, { admin }: Tenant): Promise<void> => {
  await recorder.step('acme’s admin installs digital_card', async (step) => {
    const { answered, holds } = step;
    const accepted = answered(await admin.post('/tenants/acme/modules', { module: 'digital_card' }));
    const jobId = String(accepted.body['jobId']);
    holds('202 with the job', accepted.status === 202 && jobId.length === 26, accepted.body);
    holds('Location names the job', accepted.headers.get('location') === `/api/v1/jobs/${jobId}`, accepted.headers.get('location'));
    const seen: string[] = [];
    await follow(step, admin, jobId, 'Active', (job) => seen.push(progressOf(job)));
    holds('the job was seen at migration 2 of 3', seen.includes('2 of 3'), seen);
    const states = (await trail(admin, jobId)).map(({ to }) => to);
    holds('Pending → Validating → Installing → Active', states.join() === 'Pending,Validating,Installing,Active', states);
    const installed = await admin.get('/tenants/acme/modules/digital_card');
    holds(
      'digital_card 1.0.0 is Active for acme',
      installed.body['status'] === 'Active' && installed.body['version'] === '1.0.0',
      installed.body,
    );
    const tables = await databases.tables('acme');
    holds(
      `acme’s database has ${digitalCardTables.join(', ')}`,
      digitalCardTables.every((table) => tables.includes(table)),
      tables,
    );
    const elsewhere = (await databases.tables('globex')).filter((table) => table.startsWith('digital_card.'));
    holds('globex’s database has none of them', elsewhere.length === 0, elsewhere);
  });
};

const useCards = async ({ recorder, databases }: StoryTools, { admin }: Tenant): Promise<void> => {
  await recorder.step('acme’s admin makes a card and reads it back', async ({ answered, holds }) => {
    const created = answered(await admin.post('/tenants/acme/cards', { holder: { name: 'Ada Lovelace' } }));
    holds('201 with the card', created.status === 201 && typeof created.body['id'] === 'string', created.body);
    const read = answered(await admin.get(`/tenants/acme/cards/${String(created.body['id'])}`));
    holds('the card reads back', read.status === 200 && JSON.stringify(read.body['holder']).includes('Ada Lovelace'), read.body);
    const counts = (await databases.snapshot('acme')).rowCounts;
    holds('one row in digital_card.digital_cards', counts['digital_card.digital_cards'] === 1, counts);
  });
};

const refusals = async ({ recorder, platformAdmin }: StoryTools, acme: Tenant, globex: Tenant): Promise<void> => {
  const refused = async (title: string, status: number, reason: string, slug: string, ask: () => Promise<Exchange>): Promise<void> => {
    await recorder.step(title, async ({ answered, holds, say }) => {
      const before = await jobsOf(platformAdmin, slug);
      const answer = answered(await ask());
      say(String(answer.body['detail']));
      holds(`${status} ${reason}`, answer.status === status && String(answer.body['type']).endsWith(`/${reason}`), answer.body);
      const after = await jobsOf(platformAdmin, slug);
      holds('no job was made', after.join() === before.join(), after);
    });
  };
  await refused('A second install is refused', 409, 'already-installed', 'acme', () =>
    acme.admin.post('/tenants/acme/modules', { module: 'digital_card' }),
  );
  await refused('globex’s admin asks for something on acme', 403, 'another-tenant', 'acme', () =>
    globex.admin.post('/tenants/acme/modules', { module: 'digital_card' }),
  );
  await refused('globex has no subscription to digital_card', 402, 'subscription-required', 'globex', () =>
    globex.admin.post('/tenants/globex/modules', { module: 'digital_card' }),
  );
};

const rolledBack = async ({ recorder, databases }: StoryTools, { admin }: Tenant): Promise<void> => {
  await recorder.step('A module whose post-install hook fails after its migrations were committed', async (step) => {
    const { answered, holds } = step;
    const before = await databases.snapshot('acme');
    const accepted = answered(await admin.post('/tenants/acme/modules', { module: 'broken_hook' }));
    const jobId = String(accepted.body['jobId']);
    const seen: string[] = [];
    const job = await follow(step, admin, jobId, 'Failed', (at) => seen.push(progressOf(at)));
    holds(
      'its migrations had been committed',
      seen.some((progress) => /^([1-9]\d*) of \1$/.test(progress)),
      seen,
    );
    holds('the job says why', typeof job.reason === 'string' && job.reason.length > 0, job);
    const after = await databases.snapshot('acme');
    holds(`schema fingerprint as before (${before.fingerprint.slice(0, 12)})`, after.fingerprint === before.fingerprint, after.fingerprint);
    holds('row counts as before', JSON.stringify(after.rowCounts) === JSON.stringify(before.rowCounts), after.rowCounts);
    const absent = await admin.get('/tenants/acme/modules/broken_hook');
    holds('acme does not have broken_hook', absent.status === 404, absent.body);
    await printTrail(step, admin, jobId);
  });
};

const manualIntervention = async ({ recorder }: StoryTools, { admin }: Tenant): Promise<void> => {
  await recorder.step('Another whose rollback fails too', async (step) => {
    const { answered, holds } = step;
    const accepted = answered(await admin.post('/tenants/acme/modules', { module: 'broken_rollback' }));
    const jobId = String(accepted.body['jobId']);
    await follow(step, admin, jobId, 'ManualIntervention');
    const module = await admin.get('/tenants/acme/modules/broken_rollback');
    holds('the tenant module says ManualIntervention', module.body['status'] === 'ManualIntervention', module.body);
    const events = await printTrail(step, admin, jobId);
    holds('the audit trail names it', events.at(-1)?.to === 'ManualIntervention', events.at(-1));
    holds(
      'the trail has no gap',
      events.every(({ sequence }, index) => sequence === index + 1),
      events.map(({ sequence }) => sequence),
    );
  });
};

/** Follows a job to its end, printing each state as it happens and, at the end, how long each took. */
const follow = async (
  step: StepTools,
  client: ApiClient,
  jobId: string,
  expected: string,
  onChange: (job: JobView) => void = () => {},
): Promise<JobView> => {
  let state = '';
  let progress = '';
  const job = await followJob(client, jobId, {
    pollMs: 15,
    onChange: (at) => {
      onChange(at);
      if (at.state !== state) step.say(at.state);
      if (at.modules.length > 0 && progressOf(at) !== progress && !progressOf(at).startsWith('0 '))
        step.say(`  migration ${progressOf(at)}`);
      state = at.state;
      progress = progressOf(at);
    },
  });
  const events = await trail(client, jobId);
  const durations = events.slice(0, -1).map(({ at, to }, index) => `${to} ${Date.parse(events[index + 1]?.at ?? at) - Date.parse(at)} ms`);
  step.say(`durations: ${durations.join(', ')}`);
  step.holds(`the job ends ${expected}`, job.state === expected, job);
  return job;
};

const reportOn = async ({ recorder }: StoryTools, { admin }: Tenant): Promise<void> => {
  await recorder.step('acme’s admin asks for a report on all that happened, and follows its link', async (step) => {
    const period = { from: '2026-01-01T00:00:00Z', to: new Date().toISOString(), format: 'csv' };
    const asked = step.answered(await admin.post('/tenants/acme/audit/reports', period));
    const { state } = await followJob(admin, String(asked.body['jobId']), { pollMs: 100 });
    step.holds('it is written', state === 'Reported', state);
    const { body } = await admin.get(`/tenants/acme/audit/reports/${String(asked.body['jobId'])}`);
    step.holds('no event is missing', body['whole'] === true, body);
    const { url = '', expiresAt = '' } = (body['link'] ?? {}) as { readonly url?: string; readonly expiresAt?: string };
    step.say(`the link is good until ${expiresAt}`);
    const [head = '', ...lines] = (await (await fetch(url)).text()).split('\r\n');
    for (const line of [head, ...lines.slice(0, 2)]) step.say(line);
    step.holds('a line for each event', lines.length - 1 === body['events'], body['events']);
  });
};

const progressOf = ({ modules }: JobView): string => `${modules[0]?.progress.applied ?? 0} of ${modules[0]?.progress.total ?? 0}`;

const trail = async (client: ApiClient, jobId: string): Promise<readonly TrailEvent[]> =>
  (await client.get(`/jobs/${jobId}/events`)).body['items'] as readonly TrailEvent[];

const printTrail = async ({ say }: StepTools, client: ApiClient, jobId: string): Promise<readonly TrailEvent[]> => {
  const events = await trail(client, jobId);
  for (const { sequence, at, name, actor, reason } of events) say(`${sequence}  ${at}  ${name}  by ${actor}${reason ? `: ${reason}` : ''}`);
  return events;
};

const jobsOf = async (client: ApiClient, slug: string): Promise<readonly string[]> =>
  ((await client.get(`/tenants/${slug}/jobs?limit=100`)).body['items'] as readonly JobView[]).map(({ id }) => id);
