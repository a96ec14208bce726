import type { ApiClient } from '../../support/api-client.ts';
import type { Call } from '../calls.ts';
import { clusterOf, type Finding, type Party, type Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';
import type { Workflow } from '../workflow.ts';
import { partyOf, platformAdmin, run, sceneOf } from './tenants.ts';

/** A tenant for each case, dropped after it: what is swept is its own coming and going. */
let made = 0;
const newSlug = (): string => {
  made += 1;
  return `case-${made}`;
};

const namesOf = (slug: string) => {
  const database = `tenant_${slug.replaceAll('-', '_')}`;
  return { database, archive: `${database}__a`, roles: [`${database}_app`, `${database}_owner`] };
};

/** What a case adds to the cluster is compared with what its end calls for. */
const clusterIs = async (
  stage: Stage,
  scene: Scene,
  { databases, roles, login }: { readonly databases: readonly string[]; readonly roles: readonly string[]; readonly login: boolean },
): Promise<readonly Finding[]> => {
  const now = await clusterOf(stage);
  const own = (names: readonly string[]): readonly string[] =>
    names.filter((name) => name.startsWith(namesOf(scene.subject.slug).database));
  const found = JSON.stringify([own(now.databases), own(now.roles)]);
  const logins = await stage.postgres.query('postgres', 'SELECT rolcanlogin AS login FROM pg_roles WHERE rolname = ANY ($1)', [[...roles]]);
  const right = found === JSON.stringify([databases, roles]) && logins.every((role) => role['login'] === login);
  return right ? [] : [{ invariant: 'the cluster holds what the tenant’s state calls for, and nothing else of it', found }];
};

const secretsAre = async (stage: Stage, { id }: Party, count: number): Promise<readonly Finding[]> => {
  const names = await stage.secretNames();
  const own = names.filter((name) => name.includes(id));
  return own.length === count ? [] : [{ invariant: 'a tenant has both its secrets or none', found: own.join(', ') }];
};

const stateIs = async (stage: Stage, { slug, id }: Party, status: string): Promise<readonly Finding[]> => {
  const now = (await stage.registry.tenant(id))?.['status'];
  return now === status
    ? []
    : [{ invariant: 'the tenant’s status agrees with the job', found: `${slug} is ${String(now)}, not ${status}` }];
};

/** Takes away what a case has made, as no product does. */
const dropAll = async (stage: Stage, { subject }: Scene): Promise<void> => {
  const { database, roles } = namesOf(subject.slug);
  const rows = await stage.postgres.query(
    'postgres',
    `SELECT datname::text AS name FROM pg_database WHERE datname ~ ('^' || $1 || '(__.*)?$')`,
    [database],
  );
  for (const { name } of rows) await stage.postgres.query('postgres', `DROP DATABASE IF EXISTS "${String(name)}" WITH (FORCE)`);
  for (const role of roles) await stage.postgres.query('postgres', `DROP ROLE IF EXISTS "${role}"`);
  const { id } = await partyOf(stage, subject.slug);
  for (const name of await stage.secretNames()) if (name.includes(id)) await stage.removeSecret(name);
};

const standing = { active: 'standing', suspended: 'standing', archived: 'archived', deprovisioned: 'gone', failed: 'gone' } as const;

/** Database, roles, secrets and status, each as the tenant's status calls for. */
const agrees = async (stage: Stage, scene: Scene, status: keyof typeof standing): Promise<readonly Finding[]> => {
  const { database, archive, roles } = namesOf(scene.subject.slug);
  const how = standing[status];
  const databases = how === 'gone' ? [] : [how === 'archived' ? archive : database];
  return [
    ...(await stateIs(stage, scene.subject, status)),
    ...(await clusterIs(stage, scene, { databases, roles: how === 'gone' ? [] : roles, login: how === 'standing' })),
    ...(await secretsAre(stage, scene.subject, how === 'gone' ? 0 : 2)),
  ];
};

const stateOf = async (stage: Stage, jobId: string | undefined): Promise<string> =>
  jobId === undefined ? '' : String((await stage.registry.job(jobId))?.['state']);

/** The cluster may change in these cases: what it holds is promised by each of them, not compared with before. */
const withoutCluster = async (stage: Stage, subject: Party): Promise<Scene> => {
  const { rolesBefore: _roles, databasesBefore: _databases, ...scene } = await sceneOf(stage, subject);
  return scene;
};

const asked = async (exchange: ReturnType<ApiClient['get']>): Promise<string> => {
  const { method, path, status, body } = await exchange;
  if (status === 202) return String(body['jobId']);
  throw new Error(`${method} ${path} was answered ${status}: ${JSON.stringify(body)}`);
};

export const provisionWorkflow: Workflow = {
  name: 'provision',
  says: 'a tenant is provisioned: secrets, roles, database, platform tables',
  endsCleanly: 'Provisioned',
  mayEnd: ['Provisioned'],
  prepare: async (stage) => withoutCluster(stage, { slug: newSlug(), id: '' }),
  trigger: (_, { subject: { slug } }, client) => asked(client.post('/tenants', { slug, name: slug })),
  promises: async (stage, scene, jobId) => {
    const subject = await partyOf(stage, scene.subject.slug);
    const state = await stateOf(stage, jobId);
    return agrees(stage, { ...scene, subject }, state === 'Provisioned' ? 'active' : 'failed');
  },
  reset: dropAll,
};

const provisioned = async (stage: Stage): Promise<{ readonly admin: ApiClient; readonly slug: string }> => {
  const admin = await platformAdmin(stage);
  const slug = newSlug();
  await run(admin, admin.post('/tenants', { slug, name: slug }));
  return { admin, slug };
};

export const suspendWorkflow: Workflow = {
  name: 'suspend',
  says: 'a tenant is suspended: one transaction, no job',
  endsCleanly: 'no job',
  mayEnd: [],
  trail: ({ subject: { id } }) => `TENANT#${id}`,
  prepare: async (stage) => {
    const { slug } = await provisioned(stage);
    return withoutCluster(stage, await partyOf(stage, slug));
  },
  trigger: async (_, { subject: { slug } }, client) => {
    const { status, body } = await client.post(`/tenants/${slug}/suspend`, {});
    if (status !== 200) throw new Error(`the suspension was answered ${status}: ${JSON.stringify(body)}`);
    return undefined;
  },
  promises: async (stage, scene) => {
    const events = await stage.registry.events(`TENANT#${scene.subject.id}`);
    const heard = stage.heard().filter(({ aggregate }) => aggregate === `TENANT#${scene.subject.id}`);
    const once = events.length === 1 && heard.length > 0 && heard.every(({ id }) => id === events[0]?.['id']);
    return [
      ...(await agrees(stage, scene, 'suspended')),
      ...(once
        ? []
        : [{ invariant: 'a suspension is stored once and published', found: `${events.length} events, ${heard.length} published` }]),
    ];
  },
  reset: dropAll,
};

export const deprovisionWorkflow: Workflow = {
  name: 'deprovision',
  says: 'a tenant is archived',
  endsCleanly: 'Deprovisioned',
  mayEnd: ['Deprovisioned'],
  prepare: async (stage) => {
    const { slug } = await provisioned(stage);
    return withoutCluster(stage, await partyOf(stage, slug));
  },
  trigger: (_, { subject: { slug } }, client) => asked(client.call('DELETE', `/tenants/${slug}`)),
  promises: async (stage, scene, jobId) => agrees(stage, scene, (await stateOf(stage, jobId)) === 'Deprovisioned' ? 'archived' : 'active'),
  reset: dropAll,
};

/** It is requested as a deprovisioning is. */
const onceRequested = (calls: readonly Call[]): readonly Call[] => calls.filter(({ by }) => !by.startsWith('Api'));

const archived = async (stage: Stage): Promise<Scene> => {
  const { admin, slug } = await provisioned(stage);
  await run(admin, admin.call('DELETE', `/tenants/${slug}`));
  return withoutCluster(stage, await partyOf(stage, slug));
};

export const restoreTenantWorkflow: Workflow = {
  name: 'restore-tenant',
  says: 'an archived tenant is restored',
  endsCleanly: 'Restored',
  mayEnd: ['Restored'],
  own: onceRequested,
  prepare: archived,
  trigger: (_, { subject: { slug } }, client) => asked(client.post(`/tenants/${slug}/restore`, {})),
  promises: async (stage, scene, jobId) => agrees(stage, scene, (await stateOf(stage, jobId)) === 'Restored' ? 'active' : 'archived'),
  reset: dropAll,
};

export const purgeTenantWorkflow: Workflow = {
  name: 'purge-tenant',
  says: 'an archived tenant is dropped: what has begun is finished',
  endsCleanly: 'Purged',
  mayEnd: ['Purged'],
  own: onceRequested,
  prepare: archived,
  trigger: (_, { subject: { slug } }, client) => asked(client.post(`/tenants/${slug}/purge`, { confirm: slug })),
  promises: async (stage, scene, jobId) => agrees(stage, scene, (await stateOf(stage, jobId)) === 'Purged' ? 'deprovisioned' : 'archived'),
  reset: dropAll,
};
