import type { Snapshot } from '../../support/tenant-databases.ts';
import type { Call } from '../calls.ts';
import type { Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import type { Workflow } from '../workflow.ts';
import { platformAdmin, run, sceneOf, subjectOf } from './tenants.ts';

/** Schemas that the module makes, its own and what it should not have made. */
const schemasOf: Readonly<Record<string, readonly string[]>> = {
  digital_card: ['digital_card'],
  broken_hook: ['broken_hook'],
  broken_rollback: ['broken_rollback', 'broken_rollback_reports'],
};

const empty = async (stage: Stage, { subject }: Pick<Scene, 'subject'>, module: string): Promise<void> => {
  const database = `tenant_${subject.slug}`;
  for (const schema of schemasOf[module] ?? []) await stage.postgres.query(database, `DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  await stage.postgres.query(database, 'DELETE FROM platform.fence WHERE module = $1', [module]);
  await stage.postgres.query(database, `UPDATE platform.past_fences SET tokens = '{}'`);
  await forget(stage, subject, module);
};

/** What the registry knows of a tenant's module. */
export const forget = async (stage: Stage, { id }: Scene['subject'], module: string): Promise<void> => {
  await stage.registry.remove(`TENANT#${id}`, `MODULE#${module}`);
  await stage.registry.remove(`SUBSCRIPTION#${id}`, `USE#${module}`);
};

/** The landlord's tables go too, so that every case migrates them again. */
export const emptyLandlord = async (stage: Stage, module: string): Promise<void> => {
  const tables = await stage.postgres.query('landlord', 'SELECT tablename::text AS name FROM pg_tables WHERE schemaname = $1', [module]);
  for (const { name } of tables) await stage.postgres.query('landlord', `DROP TABLE "${module}"."${String(name)}" CASCADE`);
  await stage.registry.set(`MODULE#${module}`, 'MODULE', 'landlordMigration', 0);
};

const installed = new Map<string, Snapshot>();

/** The tenant's database with the module: once a stage, by an install in which nothing goes wrong. */
const learnInstalled = async (stage: Stage, scene: Scene, module: string): Promise<Snapshot | undefined> => {
  if (module !== 'digital_card') return undefined;
  const known = installed.get(module);
  if (known) return known;
  const admin = await platformAdmin(stage);
  await run(admin, admin.post(`/tenants/${scene.subject.slug}/modules`, { module }));
  await stage.quiet();
  const snapshot = await stage.databases.snapshot(scene.subject.slug, { idsAside: true });
  installed.set(module, snapshot);
  await empty(stage, scene, module);
  return snapshot;
};

const prepare = async (stage: Stage, module: string): Promise<Scene> => {
  const subject = await subjectOf(stage);
  await empty(stage, { subject }, module);
  const target = await learnInstalled(stage, await sceneOf(stage, subject), module);
  if (module === 'digital_card') await emptyLandlord(stage, module);
  const before = await stage.databases.snapshot(subject.slug, { idsAside: true });
  const modules = { before: {}, planned: { [module]: 'Active 1.0.0' } };
  return { ...(await sceneOf(stage, subject)), module, modules, before, ...(target ? { planned: target } : {}) };
};

const install = (module: string): Pick<Workflow, 'prepare' | 'trigger' | 'reset'> => ({
  prepare: (stage) => prepare(stage, module),
  trigger: async (_, { subject }, client) => {
    const { status, body } = await client.post(`/tenants/${subject.slug}/modules`, { module });
    // a request whose answer was lost may come back when the job has ended already: it names it
    if (status === 202 || status === 409) return String(body['jobId']);
    throw new Error(`the install was answered ${status}: ${JSON.stringify(body)}`);
  },
  reset: (stage, scene) => empty(stage, scene, module),
});

export const installWorkflow: Workflow = {
  name: 'install',
  says: 'digital_card is installed: landlord, three slices, seed',
  endsCleanly: 'Active',
  mayEnd: ['Active'],
  ...install('digital_card'),
};

/** Requested and validated as in any install; from the first migration on it is another workflow. */
const fromTheMigrator = (calls: readonly Call[]): readonly Call[] => calls.slice(calls.findIndex(({ by }) => by.startsWith('Migrator')));

/** Requested, validated and migrated as in any install; from the first undoing on it is another workflow. */
const fromTheRollback = (calls: readonly Call[]): readonly Call[] =>
  calls.slice(Math.max(0, calls.findIndex(({ about }) => about.includes('"operation":"rollbackForTenant"')) - leadMax));
/** What decides that it is undone comes a few calls before. */
const leadMax = 12;

export const installFailsWorkflow: Workflow = {
  name: 'install-fails',
  says: 'a module whose post-install hook fails after its migrations were committed is rolled back',
  endsCleanly: 'Failed',
  mayEnd: ['Failed'],
  own: fromTheMigrator,
  without: ['fails', 'throttled', 'stopped'],
  ...install('broken_hook'),
};

export const installStuckWorkflow: Workflow = {
  name: 'install-stuck',
  says: 'a module that cannot be rolled back ends in ManualIntervention, after bounded attempts',
  endsCleanly: 'ManualIntervention',
  mayEnd: ['ManualIntervention'],
  own: fromTheRollback,
  ...install('broken_rollback'),
};

/** A person has taken away what stood in the way of the rollback, and asks for the job again. */
export const retryWorkflow: Workflow = {
  name: 'retry',
  says: 'a job in ManualIntervention is retried once its cause is gone',
  endsCleanly: 'Failed',
  mayEnd: ['Failed'],
  prepare: async (stage) => {
    const scene = await prepare(stage, 'broken_rollback');
    const admin = await platformAdmin(stage);
    const jobId = await run(admin, admin.post(`/tenants/${scene.subject.slug}/modules`, { module: 'broken_rollback' }));
    await stage.postgres.query(`tenant_${scene.subject.slug}`, 'DROP SCHEMA broken_rollback_reports CASCADE');
    return { ...scene, stuckJob: jobId };
  },
  trigger: async (_, scene, client) => {
    const jobId = (scene as Scene & { readonly stuckJob: string }).stuckJob;
    const { status, body } = await client.post(`/jobs/${jobId}/retry`, {});
    if (status === 202) return jobId;
    throw new Error(`the retry was answered ${status}: ${JSON.stringify(body)}`);
  },
  reset: (stage, scene) => empty(stage, scene, 'broken_rollback'),
};
