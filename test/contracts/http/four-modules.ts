import type { ManifestInput } from '../../../contexts/shared/domain/manifest.ts';
import { type Answered, type ApiStand, platformAdmin, startApiStand } from '../../support/http/api-stand.ts';

/** The registry's API with four published modules and a draft; acme has subscribed to the four. There while tests run. */
export let stand: ApiStand;
export let acmeAdmin: Readonly<Record<string, unknown>>;
export let acmeViewer: Readonly<Record<string, unknown>>;
export let globexAdmin: Readonly<Record<string, unknown>>;

export const manifest = (name: string, ...versions: readonly string[]): ManifestInput => ({
  name,
  title: name,
  description: `The module ${name}.`,
  subscriptionRequired: true,
  serves: '>=1.0.0 <2',
  versions: versions.map((version) => ({
    version,
    migrations: { landlord: 0, tenant: 1 },
    tables: { landlord: [], tenant: ['things'] },
    configuration: {
      type: 'object',
      properties: { theme: { type: 'string', enum: ['light', 'dark'] } },
      additionalProperties: false,
    },
  })),
});

export const get = (path: string, claims: Readonly<Record<string, unknown>>): Promise<Answered> =>
  stand.send({ path: `/api/v1${path}`, claims });
export const post = (path: string, claims: Readonly<Record<string, unknown>>, body: unknown = {}, key?: string): Promise<Answered> =>
  stand.send({ method: 'POST', path: `/api/v1${path}`, claims, body, ...(key ? { headers: { 'idempotency-key': key } } : {}) });
export const reasonOf = ({ status, body }: Answered): string => `${status} ${String(body['type']).split('/').at(-1)}`;

export const startFourModules = async (): Promise<void> => {
  stand = await startApiStand();
  const acme = await stand.tenant('acme');
  const globex = await stand.tenant('globex');
  acmeAdmin = { sub: 'ada', role: 'tenant-admin', tenant: acme };
  acmeViewer = { sub: 'vera', role: 'tenant-viewer', tenant: acme };
  globexAdmin = { sub: 'gus', role: 'tenant-admin', tenant: globex };
  for (const module of ['cards', 'events', 'lists', 'notes']) {
    await stand.deploy(manifest(module, '1.0.0', '1.1.0'));
    await post(`/platform/modules/${module}/publish`, platformAdmin, { version: '1.0.0' });
    await stand.send({ method: 'PUT', path: `/api/v1/tenants/acme/subscriptions/${module}`, claims: platformAdmin });
  }
  await stand.deploy(manifest('drafts', '1.0.0'));
};
