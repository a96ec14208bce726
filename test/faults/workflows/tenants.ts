import { type ApiClient, followJob, makeApiClient } from '../../support/api-client.ts';
import { clusterOf, type Party, portrait, type Scene } from '../invariants.ts';
import type { Stage } from '../stage.ts';

/** The tenants that installs are swept on; one is worked on, the other must stay as it is. */
const slugs = { subject: 'subject', witness: 'witness' } as const;
const published: Readonly<Record<string, readonly string[]>> = {
  digital_card: ['1.0.0'],
  broken_hook: ['1.0.0'],
  broken_rollback: ['1.0.0'],
  workshop: ['1.0.0', '2.0.0'],
  workshop_rota: ['1.0.0', '2.0.0'],
  broken_upgrade: ['1.0.0', '2.0.0'],
};

export const platformAdmin = async ({ cloud }: Stage): Promise<ApiClient> =>
  makeApiClient(cloud.api, await cloud.mint({ sub: 'platform-admin', role: 'platform-admin' }));

/** Publishes the modules and provisions both tenants, once a stage. The witness has digital_card and a card in it. */
export const setUp = async (stage: Stage): Promise<void> => {
  const admin = await platformAdmin(stage);
  for (const [module, versions] of Object.entries(published))
    for (const version of versions) await expectStatus(admin.post(`/platform/modules/${module}/publish`, { version }), 200);
  for (const slug of Object.values(slugs)) {
    await run(admin, admin.post('/tenants', { slug, name: slug }));
    await expectStatus(admin.call('PUT', `/tenants/${slug}/subscriptions/digital_card`, { body: {} }), 200);
  }
  await run(admin, admin.post(`/tenants/${slugs.witness}/modules`, { module: 'digital_card' }));
  await expectStatus(admin.post(`/tenants/${slugs.witness}/cards`, { holder: { name: 'Ada Lovelace' } }), 201);
};

const expectStatus = async (exchange: ReturnType<ApiClient['get']>, wanted: number): Promise<void> => {
  const { method, path, status, body } = await exchange;
  if (status !== wanted) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
};

/** Waits for the job that an exchange answered. */
export const run = async (admin: ApiClient, exchange: ReturnType<ApiClient['get']>): Promise<string> => {
  const { method, path, status, body } = await exchange;
  if (status !== 202) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(body)}`);
  await followJob(admin, String(body['jobId']));
  return String(body['jobId']);
};

export const partyOf = async (stage: Stage, slug: string): Promise<Party> => ({ slug, id: await stage.registry.tenantId(slug) });

/** What every case begins with. */
export const sceneOf = async (stage: Stage, subject: Party): Promise<Scene> => {
  const witness = await partyOf(stage, slugs.witness);
  const { roles, databases } = await clusterOf(stage);
  return {
    subject,
    witness,
    witnessBefore: await portrait(stage, witness),
    rolesBefore: roles,
    databasesBefore: databases,
    jobsBefore: (await stage.registry.jobs(subject.id)).map(({ id }) => String(id)),
  };
};

export const subjectOf = (stage: Stage): Promise<Party> => partyOf(stage, slugs.subject);
