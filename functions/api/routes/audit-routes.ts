import * as z from 'zod';
import type { makeReadTrail } from '../../../contexts/analytics/index.ts';
import { defineRoute, type Route, readers } from '../../../contexts/shared/application/route.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { ModuleName, Ulid } from '../../../contexts/shared/domain/names.ts';
import { pageOf, pageQuery, pagingOf } from '../../http/paging.ts';
import { JobEventView, viewEvent } from '../views/job-view.ts';

export interface AuditUseCases {
  readonly readTrail: ReturnType<typeof makeReadTrail>;
}

/** Who did what, when: a tenant's trail, and the platform's own. */
export const auditRoutes = (useCases: AuditUseCases): readonly Route[] => [ofTenant(useCases), ofPlatform(useCases)];

const tags = ['Audit'];

const AuditEventView = z
  .strictObject({
    ...JobEventView.shape,
    aggregate: z.string().meta({ description: 'Whose events are numbered together: a job’s, a tenant’s, a module’s.' }),
    jobId: Ulid.optional(),
    tenantId: Ulid.optional(),
  })
  .meta({ id: 'AuditEvent' });

const viewAuditEvent = (event: AuditEvent): z.input<typeof AuditEventView> => {
  const { aggregate, jobId, tenantId } = event;
  return {
    ...viewEvent(event),
    aggregate,
    ...(jobId === undefined ? {} : { jobId }),
    ...(tenantId === undefined ? {} : { tenantId }),
  };
};

const query = z.strictObject({
  ...pageQuery.shape,
  from: z.iso.datetime().optional().meta({ description: 'Events from then on.', example: '2026-01-01T00:00:00Z' }),
  to: z.iso.datetime().optional().meta({ description: 'Events before then.', example: '2026-02-01T00:00:00Z' }),
  module: ModuleName.optional().meta({ description: 'Events about this module, also of jobs over several.' }),
  name: z
    .string()
    .regex(/^[A-Z][A-Za-z]{1,63}$/, 'an event’s name is one of docs/events.md, like ModuleInstallationCompleted')
    .optional()
    .meta({ example: 'ModuleInstallationCompleted' }),
  actor: z.string().min(1).max(255).optional().meta({ description: 'A subject id, or `system`.' }),
});

type Query = z.output<typeof query>;

const filterOf = ({ from, to, module, name, actor }: Query) => ({
  ...(from === undefined ? {} : { from: new Date(from) }),
  ...(to === undefined ? {} : { to: new Date(to) }),
  ...(module === undefined ? {} : { module }),
  ...(name === undefined ? {} : { name }),
  ...(actor === undefined ? {} : { actor }),
});

const description =
  'Newest first. With a filter a page may be shorter than asked, even empty, while more follow: as long as there is a cursor.';
const answers = { 200: { description: 'A page of events.', schema: pageOf(AuditEventView) } } as const;

const page = async (read: ReturnType<AuditUseCases['readTrail']>) => {
  const { items, ...rest } = await read;
  return { status: 200 as const, body: { items: items.map(viewAuditEvent), ...rest } };
};

const ofTenant = ({ readTrail }: AuditUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/tenants/{tenant}/audit',
    operationId: 'listTenantAudit',
    summary: 'Read the tenant’s trail: who changed what, when',
    description,
    tags,
    roles: readers,
    query,
    answers,
    handle: ({ tenant, query: asked }) => page(readTrail({ tenantId: tenant.id }, filterOf(asked), pagingOf(asked))),
  });

const ofPlatform = ({ readTrail }: AuditUseCases): Route =>
  defineRoute({
    method: 'GET',
    path: '/audit',
    operationId: 'listPlatformAudit',
    summary: 'Read the platform’s own trail: the catalog and all that belongs to no tenant',
    description,
    tags,
    roles: ['platform-admin'],
    query,
    answers,
    handle: ({ query: asked }) => page(readTrail('platform', filterOf(asked), pagingOf(asked))),
  });
