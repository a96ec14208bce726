import { type ApiClient, type Exchange, followJob, type JobView } from '../test/support/api-client.ts';
import type { StoryTools } from './perform.ts';
import type { StepTools } from './recorder.ts';

/** The whole life of modules, over HTTP: plan, install together, upgrade, refusals with their chain, failure, archive, purge, sunset, downgrade. */

interface PlanBody {
  readonly steps: readonly { readonly module: string; readonly from: string | null; readonly to: string | null; readonly why: string }[];
  readonly planHash?: string;
  readonly checks: readonly { readonly check: string; readonly ok: boolean; readonly reason?: string; readonly message?: string }[];
  readonly warnings: readonly { readonly message: string }[];
}

interface Scene extends StoryTools {
  readonly admin: ApiClient;
}

const acme = '/tenants/acme/modules';
const subscribed = ['digital_card', 'membership', 'finance'];

export const tellLife = async (tools: StoryTools): Promise<void> => {
  await publishAll(tools);
  const scene = await provision(tools);
  const planHash = await planFinance(scene);
  await installTogether(scene, planHash);
  await upgradeRefused(scene);
  await upgradeBoth(scene);
  await upgradeFails(scene);
  await uninstallRefused(scene);
  await archiveAndRestore(scene);
  await purge(scene);
  await downgrade(scene);
  await verify(scene);
  await sunset(scene);
};

const publishAll = async ({ recorder, platformAdmin }: StoryTools): Promise<void> => {
  await recorder.step('The platform admin publishes every version of every module', async ({ holds, say }) => {
    const { body } = await platformAdmin.get('/modules?limit=100');
    for (const { module } of body['items'] as readonly { readonly module: string }[]) {
      const versions = (await platformAdmin.get(`/modules/${module}`)).body['versions'] as readonly { readonly version: string }[];
      const answers = await Promise.all(
        versions.map(({ version }) => platformAdmin.post(`/platform/modules/${module}/publish`, { version })),
      );
      const names = versions.map(({ version }) => version).join(', ');
      holds(
        `${module} ${names}`,
        answers.every(({ status }) => status === 200),
        answers.map(({ body: answer }) => answer),
      );
    }
    say('a published version never changes; what it may be called is all that does');
  });
};

const provision = async (tools: StoryTools): Promise<Scene> => {
  const { recorder, platformAdmin, tenantAdmin } = tools;
  let id = '';
  await recorder.step(`acme is provisioned and subscribed to ${subscribed.join(', ')}`, async (step) => {
    const job = await follow(step, platformAdmin, await platformAdmin.post('/tenants', { slug: 'acme', name: 'Acme' }));
    step.holds('Provisioned', job.state === 'Provisioned', job);
    for (const module of subscribed) await platformAdmin.call('PUT', `/tenants/acme/subscriptions/${module}`, { body: {} });
    id = String((await platformAdmin.get('/tenants/acme')).body['id']);
  });
  return { ...tools, admin: await tenantAdmin(id) };
};

const planFinance = async ({ recorder, admin, databases }: Scene): Promise<string> => {
  let planHash = '';
  await recorder.step('acme’s admin asks what installing finance 1.x would do', async ({ answered, holds, say }) => {
    const before = await databases.snapshot('acme');
    const answer = answered(await admin.post(`${acme}/finance/plan`, { change: 'install', version: '^1.0' }));
    const plan = answer.body as unknown as PlanBody;
    for (const { module, to, why } of plan.steps) say(`${module} ${to}: ${why}`);
    holds('three steps, dependencies first', names(plan.steps).join() === 'digital_card,membership,finance', plan.steps);
    holds(
      'each says why',
      plan.steps.every(({ why }) => why.length > 0),
      plan.steps,
    );
    holds(
      'every check passes',
      plan.checks.every(({ ok }) => ok),
      plan.checks,
    );
    holds('the statements are there', JSON.stringify(answer.body).includes('create table'), undefined);
    holds('nothing is written: no module', ((await admin.get(acme)).body['items'] as readonly unknown[]).length === 0);
    holds('nothing is written: the database is as before', same(await databases.snapshot('acme'), before));
    planHash = String(plan.planHash);
  });
  return planHash;
};

const installTogether = async ({ recorder, admin }: Scene, planHash: string): Promise<void> => {
  await recorder.step('The same change with another plan’s hash is refused', async (step) => {
    const other = (await admin.post(`${acme}/membership/plan`, { change: 'install' })).body['planHash'];
    const answer = step.answered(await admin.post(acme, { module: 'finance', version: '^1.0', planHash: other }));
    refused(step, answer, 409, 'plan-changed');
  });
  await recorder.step('acme’s admin agrees to the plan: one job, all Active together', async (step) => {
    const job = await follow(step, admin, step.answered(await admin.post(acme, { module: 'finance', version: '^1.0', planHash })));
    step.holds('the job is Active', job.state === 'Active', job);
    const modules = (await admin.get(acme)).body['items'] as readonly { readonly status: string; readonly installedBy: string }[];
    step.holds('three modules, installed by this job', modules.length === 3 && modules.every((m) => m.installedBy === job.id), modules);
  });
  await recorder.step('They are used: a card, a member, an invoice', async ({ answered, holds }) => {
    const card = answered(await admin.post('/tenants/acme/cards', { holder: { name: 'Ada Lovelace' } }));
    const member = answered(await admin.post('/tenants/acme/members', { number: 'M-1815', name: 'Ada Lovelace' }));
    const invoice = answered(
      await admin.post('/tenants/acme/invoices', { memberNumber: 'M-1815', description: 'Fee', amount: 12_000, currency: 'EUR' }),
    );
    holds(
      '201 each',
      [card, member, invoice].every(({ status }) => status === 201),
      [card.body, member.body, invoice.body],
    );
  });
};

const upgradeRefused = async ({ recorder, admin }: Scene): Promise<void> => {
  await recorder.step('digital_card alone cannot go to 2.0.0: finance 1.x does not accept it', async (step) => {
    const answer = step.answered(await admin.post(`${acme}/digital_card/upgrade`, { version: '2.0.0' }));
    refused(step, answer, 422, 'dependents-in-the-way');
    step.holds('the chain names finance', JSON.stringify(answer.body['chain']).includes('finance'), answer.body);
  });
};

const upgradeBoth = async (scene: Scene): Promise<void> => {
  const { recorder, admin, databases } = scene;
  await recorder.step('digital_card and finance are upgraded together', async (step) => {
    const before = await databases.rowHashes('acme', 'finance');
    const asked = { version: '2.0.0', with: [{ module: 'finance', version: '2.0.0' }] };
    const job = await follow(step, admin, step.answered(await admin.post(`${acme}/digital_card/upgrade`, asked)));
    step.holds('the job is Active', job.state === 'Active', job);
    for (const module of ['digital_card', 'finance'])
      step.holds(`${module} 2.0.0`, (await admin.get(`${acme}/${module}`)).body['version'] === '2.0.0');
    const card = ((await admin.get('/tenants/acme/cards')).body['items'] as readonly { readonly holder: unknown }[])[0];
    step.holds('the card is still there', JSON.stringify(card).includes('Ada Lovelace'), card);
    await restorePoint(scene, step, job.id);
    step.holds(
      'the payments’ rows are the same',
      before['finance.payments'] === (await databases.rowHashes('acme', 'finance'))['finance.payments'],
    );
  });
};

const restorePoint = async ({ platformAdmin }: Scene, { answered, holds }: StepTools, jobId: string): Promise<void> => {
  const { body } = answered(await platformAdmin.get(`/jobs/${jobId}/restore-point`));
  const [card, finance] = body['modules'] as readonly { readonly version: string; readonly rowCounts: Readonly<Record<string, number>> }[];
  holds('the job kept what stood before it: versions', card?.version === '1.1.0' && finance?.version === '1.0.0', body);
  holds('… and rows', card?.rowCounts['digital_cards'] === 1 && finance?.rowCounts['invoices'] === 1, body);
};

const upgradeFails = async ({ recorder, admin, databases }: Scene): Promise<void> => {
  await recorder.step('An upgrade fails at the very last: the old version stands, with its rows', async (step) => {
    await follow(step, admin, await admin.post(acme, { module: 'broken_upgrade', version: '1.0.0' }));
    const [schema, rows] = [await databases.snapshot('acme'), await databases.rowHashes('acme', 'broken_upgrade')];
    const job = await follow(step, admin, step.answered(await admin.post(`${acme}/broken_upgrade/upgrade`, {})));
    step.holds('the job is Failed, and says why', job.state === 'Failed' && job.reason === 'step-failed', job);
    const module = (await admin.get(`${acme}/broken_upgrade`)).body;
    step.holds('1.0.0 is Active', module['status'] === 'Active' && module['version'] === '1.0.0', module);
    step.holds('schema fingerprint and row counts as before', same(await databases.snapshot('acme'), schema));
    step.holds('row hashes as before', same(await databases.rowHashes('acme', 'broken_upgrade'), rows));
    const [event] = (
      (await admin.get(`/jobs/${job.id}/events`)).body['items'] as readonly { to: string; error?: { message: string } }[]
    ).filter(({ to }) => to === 'RollingBack');
    step.say(String(event?.error?.message));
  });
};

const uninstallRefused = async ({ recorder, admin }: Scene): Promise<void> => {
  await recorder.step('digital_card cannot be uninstalled while finance needs it', async (step) => {
    const answer = step.answered(await admin.call('DELETE', `${acme}/digital_card`, { body: {} }));
    refused(step, answer, 422, 'dependents-in-the-way');
    step.holds('finance is named', String(answer.body['detail']).includes('finance'), answer.body);
  });
};

const archiveAndRestore = async ({ recorder, admin, databases }: Scene): Promise<void> => {
  await recorder.step('finance is uninstalled, which archives it; restored, its rows are back', async (step) => {
    const before = [await databases.snapshot('acme'), await databases.rowHashes('acme', 'finance')];
    const gone = await follow(step, admin, step.answered(await admin.call('DELETE', `${acme}/finance`, { body: {} })));
    step.holds('Uninstalled', gone.state === 'Uninstalled', gone);
    step.holds('its API answers 404', (await admin.get('/tenants/acme/invoices')).status === 404);
    const archived = (await admin.get(`${acme}/finance`)).body;
    step.holds('Archived, with the day of its end', archived['status'] === 'Archived' && archived['archive'] !== undefined, archived);
    refused(step, await admin.post(acme, { module: 'finance' }), 409, 'archived');
    const back = await follow(step, admin, step.answered(await admin.post(`${acme}/finance/restore`, {})));
    step.holds('Active again', back.state === 'Active', back);
    const [schema, rows] = [await databases.snapshot('acme'), await databases.rowHashes('acme', 'finance')];
    step.holds('schema fingerprint as before', schema.fingerprint === (before[0] as typeof schema).fingerprint);
    step.holds('row hashes as before', same(rows, before[1]));
    step.holds('its API answers', (await admin.get('/tenants/acme/invoices')).status === 200);
  });
};

const verify = async (scene: Scene): Promise<void> => {
  const { recorder, platformAdmin, databases } = scene;
  await recorder.step('The registry is held against the database, and repaired where it says something else', async (step) => {
    const asked = `${acme}/membership/verify`;
    const fine = step.answered(await platformAdmin.post(asked));
    step.holds(
      'membership stands as recorded',
      fine.body['agrees'] === true && (fine.body['problems'] as readonly string[]).length === 0,
      fine.body,
    );
    await databases.as('acme', 'owner', (client) => client.query('DROP SCHEMA broken_upgrade CASCADE'));
    const lost = step.answered(await platformAdmin.post(`${acme}/broken_upgrade/verify`));
    step.holds('of broken_upgrade nothing stands', lost.body['agrees'] === false && lost.body['stands'] === 'absent', lost.body);
    const repaired = step.answered(await platformAdmin.post(`${acme}/broken_upgrade/verify`, { repair: true }));
    step.holds('the registry is repaired', repaired.body['repaired'] === true, repaired.body);
    step.holds('acme has no broken_upgrade', (await platformAdmin.get(`${acme}/broken_upgrade`)).status === 404);
  });
};

const hour = 3_600_000;

const purge = async (scene: Scene): Promise<void> => {
  const { recorder, admin, platformAdmin, databases } = scene;
  await recorder.step('finance is uninstalled and purged: no trace, and nobody else’s data is touched', async (step) => {
    const others = [await databases.rowHashes('acme', 'digital_card'), await databases.rowHashes('acme', 'membership')];
    await follow(step, admin, await admin.call('DELETE', `${acme}/finance`, { body: {} }));
    refused(step, step.answered(await admin.post(`${acme}/finance/purge`, { confirm: 'finance' })), 409, 'grace-period');
    refused(step, await platformAdmin.post(`${acme}/finance/purge`, { confirm: 'no', waiveGracePeriod: true }), 400, 'malformed');
    const asked = { confirm: 'finance', waiveGracePeriod: true };
    const job = await follow(step, platformAdmin, step.answered(await platformAdmin.post(`${acme}/finance/purge`, asked)));
    step.holds('Purged', job.state === 'Purged', job);
    const schemas = await databases.schemas('acme');
    step.holds('no schema of it', !schemas.some((name) => name.startsWith('finance')), schemas);
    step.holds('acme has no finance', (await admin.get(`${acme}/finance`)).status === 404);
    const now = [await databases.rowHashes('acme', 'digital_card'), await databases.rowHashes('acme', 'membership')];
    step.holds('digital_card’s and membership’s rows are the same', same(now, others));
  });
};

const downgrade = async ({ recorder, admin }: Scene): Promise<void> => {
  await recorder.step('A downgrade that would lose data is refused until that is accepted', async (step) => {
    refused(step, step.answered(await admin.post(`${acme}/digital_card/downgrade`, { version: '1.0.0' })), 422, 'data-loss');
    const asked = { version: '1.0.0', acceptDataLoss: true };
    const job = await follow(step, admin, step.answered(await admin.post(`${acme}/digital_card/downgrade`, asked)));
    step.holds('the job is Active', job.state === 'Active', job);
    step.holds('digital_card 1.0.0', (await admin.get(`${acme}/digital_card`)).body['version'] === '1.0.0');
    const card = ((await admin.get('/tenants/acme/cards')).body['items'] as readonly unknown[])[0];
    step.holds('the card is still there', JSON.stringify(card).includes('Ada Lovelace'), card);
  });
};

const sunset = async ({ recorder, platformAdmin, admin, advance }: Scene): Promise<void> => {
  const plan = async (module: string, change: string, version?: string): Promise<PlanBody> =>
    (await admin.post(`${acme}/${module}/plan`, { change, ...(version === undefined ? {} : { version }) })).body as unknown as PlanBody;
  await recorder.step('workshop 1.0.0 is deprecated: whoever wants it is warned', async ({ answered, holds, say }) => {
    const { body } = await platformAdmin.get('/modules/workshop');
    holds('published before', JSON.stringify(body).includes('published'), body);
    const sunsetAt = new Date(Date.now() + hour).toISOString();
    const answer = answered(await platformAdmin.post('/platform/modules/workshop/deprecate', { version: '1.0.0', sunsetAt }));
    holds('deprecated', answer.status === 200 && answer.body['status'] === 'deprecated', answer.body);
    const { warnings, steps } = await plan('workshop', 'install', '1.0.0');
    for (const { message } of warnings) say(message);
    holds('the plan warns, and is there', warnings.length === 1 && steps.length === 1, { warnings, steps });
    holds('without a version the next one is taken', (await plan('workshop', 'install')).steps[0]?.to === '2.0.0');
  });
  await recorder.step('Its sunset passes: no new installs', async (step) => {
    advance(0.9 * hour);
    advance(0.2 * hour);
    refused(step, step.answered(await admin.post(acme, { module: 'workshop', version: '1.0.0' })), 422, 'past-sunset');
  });
  await recorder.step('2.0.0 is withdrawn: nothing is left to install', async (step) => {
    const answer = step.answered(await platformAdmin.post('/platform/modules/workshop/withdraw', { version: '2.0.0' }));
    step.holds('withdrawn', answer.body['status'] === 'withdrawn', answer.body);
    refused(step, step.answered(await admin.post(acme, { module: 'workshop', version: '2.0.0' })), 422, 'withdrawn');
  });
};

const names = (steps: PlanBody['steps']): readonly string[] => steps.map(({ module }) => module);

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const refused = ({ holds, say }: StepTools, { status, body }: Exchange, wanted: number, reason: string): void => {
  say(String(body['detail']));
  holds(`${wanted} ${reason}`, status === wanted && String(body['type']).endsWith(`/${reason}`), body);
};

const follow = async ({ say, holds }: StepTools, client: ApiClient, { status, body }: Exchange): Promise<JobView> => {
  holds('202 with the job', status === 202 && typeof body['jobId'] === 'string', body);
  let state = '';
  return followJob(client, String(body['jobId']), {
    pollMs: 15,
    onChange: (job) => {
      if (job.state !== state) say(`${job.kind}: ${job.state}`);
      state = job.state;
    },
  });
};
