import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiClient } from '../../support/api-client.ts';
import type { Snapshot } from '../../support/tenant-databases.ts';
import type { Call } from '../calls.ts';
import type { ModulesAre, Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import type { Workflow } from '../workflow.ts';
import { emptyLandlord, forget } from './install.ts';
import { platformAdmin, run, sceneOf, subjectOf } from './tenants.ts';

/** What a module goes through after its first install, on modules that have every kind of migration and hook and little data. */

type Ask = (client: Pick<ApiClient, 'call' | 'post'>, tenant: string) => ReturnType<ApiClient['get']>;

interface Life extends Pick<Workflow, 'name' | 'says' | 'endsCleanly' | 'own'> {
  /** The module whose landlord schema is looked at. */
  readonly module: string;
  /** What brings the tenant to where the case begins; each a job that goes well. */
  readonly first: readonly Ask[];
  readonly ask: Ask;
  readonly before: ModulesAre;
  readonly planned: ModulesAre;
}

const modules = ['workshop_rota', 'workshop', 'broken_upgrade'] as const;

const install =
  (module: string, version = '1.0.0'): Ask =>
  (client, tenant) =>
    client.post(`/tenants/${tenant}/modules`, { module, version });
const upgradeTogether: Ask = (client, tenant) =>
  client.post(`/tenants/${tenant}/modules/workshop/upgrade`, { version: '2.0.0', with: [{ module: 'workshop_rota', version: '2.0.0' }] });
const uninstall =
  (module: string, ...others: readonly string[]): Ask =>
  (client, tenant) =>
    client.call('DELETE', `/tenants/${tenant}/modules/${module}`, { body: { with: others.map((other) => ({ module: other })) } });

/** Takes away whatever a case left, as no product does. */
const empty = async (stage: Stage, { subject }: Pick<Scene, 'subject'>): Promise<void> => {
  const database = `tenant_${subject.slug}`;
  const schemas = await stage.postgres.query(
    database,
    `SELECT nspname::text AS name FROM pg_namespace WHERE nspname ~ ('^(' || $1 || ')(__a[0-9]+)?$')`,
    [modules.join('|')],
  );
  for (const { name } of schemas) await stage.postgres.query(database, `DROP SCHEMA "${String(name)}" CASCADE`);
  await stage.postgres.query(database, 'DELETE FROM platform.fence WHERE module = ANY ($1)', [[...modules]]);
  await stage.postgres.query(database, `UPDATE platform.past_fences SET tokens = '{}'`);
  for (const module of modules) await forget(stage, subject, module);
};

const begin = async (stage: Stage, { module, first }: Life): Promise<Pick<Scene, 'subject'>> => {
  const subject = await subjectOf(stage);
  await empty(stage, { subject });
  const admin = await platformAdmin(stage);
  for (const ask of first) await run(admin, ask(admin, subject.slug));
  await emptyLandlord(stage, module);
  await stage.quiet();
  return { subject };
};

const known = new Map<string, Snapshot>();

/** The tenant's database as the job leaves it: once a stage, by one in which nothing goes wrong. */
const learnPlanned = async (stage: Stage, life: Life): Promise<Snapshot> => {
  const found = known.get(life.name);
  if (found) return found;
  const { subject } = await begin(stage, life);
  const admin = await platformAdmin(stage);
  await run(admin, life.ask(admin, subject.slug));
  await stage.quiet();
  const snapshot = await stage.databases.snapshot(subject.slug, { idsAside: true });
  known.set(life.name, snapshot);
  return snapshot;
};

const lifeWorkflow = (life: Life): Workflow => ({
  name: life.name,
  says: life.says,
  endsCleanly: life.endsCleanly,
  mayEnd: [life.endsCleanly],
  // a call that does not take effect is asked again, whoever makes it: that is swept in the workflows of a first install; and a
  // service that is away ends a worker's work between two calls, as its death after the one before does
  without: ['fails', 'throttled', 'stopped', 'outage'],
  ...(life.own ? { own: life.own } : {}),
  prepare: async (stage) => {
    const planned = await learnPlanned(stage, life);
    const { subject } = await begin(stage, life);
    const before = await stage.databases.snapshot(subject.slug, { idsAside: true });
    const scene = await sceneOf(stage, subject);
    return { ...scene, module: life.module, modules: { before: life.before, planned: life.planned }, before, planned };
  },
  trigger: async (_, { subject }, client) => {
    const { status, body } = await life.ask(client, subject.slug);
    // a request whose answer was lost may come back when the job has ended already: it names it
    if (status === 202 || (status === 409 && typeof body['jobId'] === 'string')) return String(body['jobId']);
    throw new Error(`${life.name} was answered ${status}: ${JSON.stringify(body)}`);
  },
  reset: empty,
});

/**
 * From a call on, and of some callers only. What comes before is requested, validated and stored as it is in `install`, and swept there; of two modules that go the same way
 * the first stands for both.
 */
const from =
  (begins: (call: Call) => boolean, by = /^(Migrator-workshop|Migrator-broken_upgrade|ModuleSteps)$/) =>
  (calls: readonly Call[]): readonly Call[] =>
    calls.slice(Math.max(0, calls.findIndex(begins))).filter((call) => by.test(call.by));
const doing =
  (operation: string) =>
  ({ by, about }: Call): boolean =>
    by.startsWith('Migrator') && about.includes(`"operation":"${operation}"`);

const lives: readonly Life[] = [
  {
    name: 'install-together',
    says: 'workshop_rota is installed with workshop, which it needs: both, or none',
    endsCleanly: 'Active',
    module: 'workshop',
    own: from(({ by }) => by === 'Migrator-workshop_rota', /^(Migrator-workshop_rota|ModuleSteps)$/),
    first: [],
    ask: install('workshop_rota'),
    before: {},
    planned: { workshop: 'Active 1.0.0', workshop_rota: 'Active 1.0.0' },
  },
  {
    name: 'upgrade',
    says: 'both are upgraded together: expand, batches, an index, hooks, and at last what cannot be undone',
    endsCleanly: 'Active',
    module: 'workshop',
    own: from(doing('restorePoint')),
    first: [install('workshop_rota')],
    ask: upgradeTogether,
    before: { workshop: 'Active 1.0.0', workshop_rota: 'Active 1.0.0' },
    planned: { workshop: 'Active 2.0.0', workshop_rota: 'Active 2.0.0' },
  },
  {
    name: 'upgrade-fails',
    says: 'an upgrade fails at the very last: the old version stands, with its rows',
    endsCleanly: 'Failed',
    module: 'broken_upgrade',
    own: from(doing('rollbackForTenant')),
    first: [install('broken_upgrade')],
    ask: (client, tenant) => client.post(`/tenants/${tenant}/modules/broken_upgrade/upgrade`, {}),
    before: { broken_upgrade: 'Active 1.0.0' },
    planned: {},
  },
  {
    name: 'downgrade',
    says: 'both are taken back to 1.0.0, whose downs cannot be taken back',
    endsCleanly: 'Active',
    module: 'workshop',
    own: from(doing('downgradeForTenant')),
    first: [install('workshop_rota', '2.0.0')],
    ask: (client, tenant) =>
      client.post(`/tenants/${tenant}/modules/workshop/downgrade`, {
        version: '1.0.0',
        with: [{ module: 'workshop_rota', version: '1.0.0' }],
        acceptDataLoss: true,
      }),
    before: { workshop: 'Active 2.0.0', workshop_rota: 'Active 2.0.0' },
    planned: { workshop: 'Active 1.0.0', workshop_rota: 'Active 1.0.0' },
  },
  {
    name: 'uninstall',
    says: 'both are uninstalled together, which archives them',
    endsCleanly: 'Uninstalled',
    module: 'workshop',
    own: from(doing('archiveForTenant')),
    first: [install('workshop_rota', '2.0.0')],
    ask: uninstall('workshop', 'workshop_rota'),
    before: { workshop: 'Active 2.0.0', workshop_rota: 'Active 2.0.0' },
    planned: { workshop: 'Archived', workshop_rota: 'Archived' },
  },
  {
    name: 'restore',
    says: 'an archive comes back with its rows',
    endsCleanly: 'Active',
    module: 'workshop',
    own: from(doing('restoreForTenant')),
    first: [install('workshop'), uninstall('workshop')],
    ask: (client, tenant) => client.post(`/tenants/${tenant}/modules/workshop/restore`, {}),
    before: { workshop: 'Archived' },
    planned: { workshop: 'Active 1.0.0' },
  },
  {
    name: 'purge',
    says: 'an archive is dropped for ever, and leaves no trace',
    endsCleanly: 'Purged',
    module: 'workshop',
    own: from(doing('purgeForTenant')),
    first: [install('workshop'), uninstall('workshop')],
    ask: (client, tenant) => client.post(`/tenants/${tenant}/modules/workshop/purge`, { confirm: 'workshop', waiveGracePeriod: true }),
    before: { workshop: 'Archived' },
    planned: {},
  },
];

const cancelled: Life = {
  name: 'cancel',
  says: 'an upgrade is called off while it works: the old version stands, with its rows',
  endsCleanly: 'Cancelled',
  module: 'workshop',
  // how often the migrator tries while the table is read differs from run to run
  own: from(({ id }) => id.includes('states.StopExecution'), /^(ApiRegistry|ModuleSteps)$/),
  first: [install('workshop')],
  ask: (client, tenant) => client.post(`/tenants/${tenant}/modules/workshop/upgrade`, { version: '2.0.0' }),
  before: { workshop: 'Active 1.0.0' },
  planned: {},
};

const looksMax = 60;
const lookMilliseconds = 50;

/** Somebody reads a table that the upgrade wants to change, so it is at work when it is called off. */
const cancelWorkflow: Workflow = {
  ...lifeWorkflow(cancelled),
  // an upgrade that cannot get at the table and meets a fault besides may have failed by itself before it is called off
  mayEnd: ['Cancelled', 'Failed'],
  prepare: async (stage) => {
    const { subject } = await begin(stage, cancelled);
    const before = await stage.databases.snapshot(subject.slug, { idsAside: true });
    const scene = await sceneOf(stage, subject);
    return { ...scene, module: cancelled.module, modules: { before: cancelled.before, planned: {} }, before };
  },
  trigger: async (stage, { subject }, client) => {
    const release = await stage.postgres.hold(`tenant_${subject.slug}`, 'LOCK TABLE workshop.repairs IN ACCESS SHARE MODE');
    try {
      const { status, body } = await cancelled.ask(client, subject.slug);
      if (status !== 202) throw new Error(`the upgrade was answered ${status}: ${JSON.stringify(body)}`);
      const jobId = String(body['jobId']);
      for (let look = 0; look < looksMax && !stage.atWork().some((name) => name.startsWith('Migrator')); look += 1)
        await sleep(lookMilliseconds);
      const off = await client.post(`/jobs/${jobId}/cancel`);
      if (off.status !== 202) throw new Error(`the cancellation was answered ${off.status}: ${JSON.stringify(off.body)}`);
      return jobId;
    } finally {
      await release();
    }
  },
};

export const moduleLifeWorkflows: readonly Workflow[] = [...lives.map(lifeWorkflow), cancelWorkflow];
