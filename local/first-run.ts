import { setTimeout as sleep } from 'node:timers/promises';

/** What a first start does over the HTTP API, so that there is something to install for someone. Each step may run again. */

type Call = (
  method: string,
  path: string,
  body?: unknown,
) => Promise<{ readonly status: number; readonly body: Readonly<Record<string, unknown>> }>;

const tenants = [
  { slug: 'acme', name: 'Acme' },
  { slug: 'globex', name: 'Globex' },
] as const;
const module = 'digital_card';
const pollMilliseconds = 100;
const pollsMax = 600;

/** Answers the tenants' ids by slug. Registers nothing (the deploy did) and installs nothing. */
export const firstRun = async (call: Call, log: (message: string) => void): Promise<Readonly<Record<'acme' | 'globex', string>>> => {
  const catalog = await expect(call, 'GET', `/modules/${module}`);
  const versions = catalog['versions'] as readonly { readonly version: string; readonly status: string }[];
  for (const { version } of versions.filter(({ status }) => status === 'draft')) {
    await expect(call, 'POST', `/platform/modules/${module}/publish`, { version });
    log(`published ${module} ${version}`);
  }
  const jobs = await Promise.all(tenants.map((tenant) => provision(call, tenant)));
  for (const jobId of jobs) if (jobId !== undefined) await ended(call, jobId);
  const ids = await Promise.all(tenants.map(async ({ slug }) => [slug, await subscribed(call, slug, log)] as const));
  return Object.fromEntries(ids) as Record<'acme' | 'globex', string>;
};

const expect = async (call: Call, method: string, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> => {
  const answer = await call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
};

/** The job that provisions the tenant: a new one, the retry of a failed one, or none. A run that was cut off goes on. */
const provision = async (call: Call, tenant: (typeof tenants)[number]): Promise<string | undefined> => {
  const known = await call('GET', `/tenants/${tenant.slug}`);
  if (known.status === 404) return String((await expect(call, 'POST', '/tenants', tenant))['jobId']);
  if (known.body['status'] === 'active') return undefined;
  const { items } = (await expect(call, 'GET', `/tenants/${tenant.slug}/jobs?limit=1`)) as {
    readonly items: readonly { readonly id: string; readonly state: string }[];
  };
  const [last] = items;
  if (last?.state === 'Failed') await expect(call, 'POST', `/jobs/${last.id}/retry`, {});
  return last?.id;
};

const ended = async (call: Call, jobId: string): Promise<void> => {
  for (let polls = 0; polls < pollsMax; polls += 1) {
    const { state, reason } = await expect(call, 'GET', `/jobs/${jobId}`);
    if (state === 'Provisioned') return;
    if (state === 'Failed' || state === 'ManualIntervention')
      throw new Error(`provisioning ended ${state}: ${String(reason)}; see the trail of job ${jobId}`);
    await sleep(pollMilliseconds);
  }
  throw new Error(`job ${jobId} has not ended; the logs in the state folder say more`);
};

const subscribed = async (call: Call, slug: string, log: (message: string) => void): Promise<string> => {
  const { id } = await expect(call, 'GET', `/tenants/${slug}`);
  const known = await call('GET', `/tenants/${slug}/subscriptions/${module}`);
  if (known.body['status'] !== 'active') {
    await expect(call, 'PUT', `/tenants/${slug}/subscriptions/${module}`, {});
    log(`provisioned ${slug}, subscribed to ${module}`);
  }
  return String(id);
};
