import { auditEventPut, idempotencyPut, shardOf } from '../../shared/adapters/audit-item.ts';
import type { Item, Write } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import type { JobCommit, TenantModuleChange } from '../application/ports.ts';
import { hasEnded, type Job, type JobEvent, type JobModule, type RestorePoint, type Waiting } from '../domain/job.ts';
import type { Archive, TenantModule } from '../domain/tenant-module.ts';
import { entryPut } from './configuration-items.ts';
import { tenantModuleKey } from './tenant-module-key.ts';

export { tenantModuleKey } from './tenant-module-key.ts';

/** How jobs, tenant modules and their events stand in the table: see docs/data-model.md. */

export const jobKey = (jobId: string) => ({ pk: `JOB#${jobId}`, sk: 'JOB' });
export const restorePointKey = (jobId: string, module: string) => ({ pk: `JOB#${jobId}`, sk: `RESTOREPOINT#${module}` });
export const configurationKey = (jobId: string, module: string) => ({ pk: `JOB#${jobId}`, sk: `CONFIGURATION#${module}` });

export const jobItem = (job: Job): Item => {
  const { createdAt, updatedAt, leaseUntil, modules, stepEnds, waiting, restorePoint, ...plain } = job;
  return {
    ...jobKey(job.id),
    type: 'Job',
    ...plain,
    modules: modules.map(({ progress: _progress, ...module }) => module),
    progress: Object.fromEntries(modules.map(({ module, progress }) => [module, progress])),
    stepEnds: Object.fromEntries(Object.entries(stepEnds).map(([step, at]) => [step, at.toISOString()])),
    ...(waiting ? { waiting: waitingItem(waiting) } : {}),
    ...(restorePoint ? { restorePoint: { ...restorePoint, at: restorePoint.at.toISOString() } } : {}),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    gsi2pk: `TENANT#${job.tenantId}#JOBS`,
    gsi2sk: job.id,
    ...(leaseUntil && !hasEnded(job)
      ? { leaseUntil: leaseUntil.toISOString(), gsi1pk: `OPEN#${shardOf(job.id)}`, gsi1sk: leaseUntil.toISOString() }
      : {}),
  };
};

export const jobOf = (item: Item): Job => {
  const { pk: _pk, sk: _sk, type: _type, gsi1pk: _1pk, gsi1sk: _1sk, gsi2pk: _2pk, gsi2sk: _2sk, ...stored } = item;
  const { progress, modules, stepEnds, waiting, restorePoint, createdAt, updatedAt, leaseUntil, ...plain } = stored as unknown as StoredJob;
  return {
    ...plain,
    modules: modules.map((module) => ({ ...module, progress: progress[module.module] ?? { applied: 0, total: 0 } })),
    stepEnds: Object.fromEntries(Object.entries(stepEnds).map(([step, at]) => [step, new Date(at)])),
    ...(waiting ? { waiting: { ...waiting, since: new Date(waiting.since), nextTryAt: new Date(waiting.nextTryAt) } } : {}),
    ...(restorePoint ? { restorePoint: { ...restorePoint, at: new Date(restorePoint.at) } } : {}),
    createdAt: new Date(createdAt),
    updatedAt: new Date(updatedAt),
    ...(leaseUntil ? { leaseUntil: new Date(leaseUntil) } : {}),
  };
};

/** A job as the table keeps it: times as text; progress and the ends of steps where one update reaches them. */
type StoredJob = Omit<Job, 'modules' | 'stepEnds' | 'waiting' | 'restorePoint' | 'createdAt' | 'updatedAt' | 'leaseUntil'> & {
  readonly modules: readonly Omit<JobModule, 'progress'>[];
  readonly progress: Readonly<Record<string, JobModule['progress']>>;
  readonly stepEnds: Readonly<Record<string, string>>;
  readonly waiting?: ReturnType<typeof waitingItem>;
  readonly restorePoint?: Omit<RestorePoint, 'at'> & { readonly at: string };
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly leaseUntil?: string;
};

/** What of a job its events say: by module, so that a trail can be asked for one. */
export const changeFacts = ({ kind, modules }: Job) => ({
  kind,
  modules: Object.fromEntries(modules.map(({ module, from, to }) => [module, { from, to }])),
});

const waitingItem = ({ since, nextTryAt, ...waiting }: Waiting) => ({
  ...waiting,
  since: since.toISOString(),
  nextTryAt: nextTryAt.toISOString(),
});

/** The writes of one commit: job, events, tenant modules, tenant revision, idempotency. */
export const commitWrites = (commit: JobCommit, newId: NewId): readonly Write[] => {
  const { before, job, events, tenantModules, tenantRevision, idempotency, alongside = [] } = commit;
  const configurations = Object.entries(commit.configurations ?? {}).flatMap(([module, given]) => [
    { Put: { Item: { ...configurationKey(job.id, module), type: 'JobConfiguration', module, ...given } } },
    entryPut({ tenantId: job.tenantId, module }, job.id, {
      ...{ at: job.createdAt, actor: job.requestedBy, fields: given.fields, jobId: job.id },
    }),
  ]);
  return [
    jobWrite(before, job),
    ...events.map((event, index) => eventWrite(job, event, job.sequence - events.length + index + 1, newId())),
    ...tenantModules.flatMap((change) => tenantModuleWrites(job.tenantId, change, job.id)),
    ...configurations,
    ...(tenantRevision ? [revisionWrite(job, tenantRevision.expected, before === undefined)] : []),
    ...(idempotency ? [idempotencyPut(idempotency, job.updatedAt)] : []),
    ...(alongside as readonly Write[]),
  ];
};

const jobWrite = (before: Job | undefined, job: Job): Write => ({
  Put: {
    Item: jobItem(job),
    ...(before === undefined
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : {
          // the lease too: an attempt that has just shown a sign of life is not taken over
          ConditionExpression: `#sequence = :sequence${before.leaseUntil ? ' AND leaseUntil = :lease' : ''}`,
          ExpressionAttributeNames: { '#sequence': 'sequence' },
          ExpressionAttributeValues: {
            ':sequence': before.sequence,
            ...(before.leaseUntil ? { ':lease': before.leaseUntil.toISOString() } : {}),
          },
        }),
  },
});

const eventWrite = (job: Job, event: JobEvent, sequence: number, id: string): Write =>
  auditEventPut({
    id,
    sequence,
    name: event.name,
    aggregate: `JOB#${job.id}`,
    jobId: job.id,
    tenantId: job.tenantId,
    ...(job.requested.length === 1 ? { module: job.requested[0] } : {}),
    ...(job.modules.length > 0 ? { facts: changeFacts(job) } : {}),
    ...(job.report ? { facts: { kind: job.kind, ...job.report } } : {}),
    actor: event.actor,
    at: event.at.toISOString(),
    ...(event.from ? { from: event.from } : {}),
    to: event.to,
    attempt: event.attempt,
    ...(event.reason ? { reason: event.reason } : {}),
    ...(event.error ? { error: { ...event.error } } : {}),
    ...(event.stepDurationsMs ? { stepDurationsMs: event.stepDurationsMs } : {}),
  });

/** `holder` is the job that a module in a job’s hands must be in; whoever is no job changes only what is free. */
export const tenantModuleWrites = (tenantId: string, { module, before, after }: TenantModuleChange, holder = ''): readonly Write[] => {
  const Key = tenantModuleKey(tenantId, module);
  if (!before) return after ? [{ Put: { Item: tenantModuleItem(after), ConditionExpression: 'attribute_not_exists(pk)' } }] : [];
  const standing = conditionOn(holder, before);
  if (!after) return [{ Delete: { Key, ...standing } }];
  const { configuration, secrets, ...rest } = after;
  const same = configuration === before.configuration;
  const set = {
    ...{ ...blank, ...attributesOf(rest) },
    ...(same ? {} : { configuration }),
    ...(secrets === before.secrets ? {} : { secrets }),
  };
  const present = Object.entries(set).filter(([, value]) => value !== undefined);
  const absent = Object.entries(set).filter(([, value]) => value === undefined);
  return [
    {
      Update: {
        Key,
        UpdateExpression: [
          `SET ${present.map(([name]) => `#${name} = :${name}`).join(', ')}`,
          ...(absent.length > 0 ? [`REMOVE ${absent.map(([name]) => `#${name}`).join(', ')}`] : []),
        ].join(' '),
        ConditionExpression: standing.ConditionExpression,
        ExpressionAttributeNames: {
          ...Object.fromEntries(Object.keys(set).map((name) => [`#${name}`, name])),
          ...standing.ExpressionAttributeNames,
        },
        ExpressionAttributeValues: {
          ...standing.ExpressionAttributeValues,
          ...Object.fromEntries(present.map(([name, value]) => [`:${name}`, value])),
        },
      },
    },
  ];
};

/** What an update takes away where the module has it no longer. */
const blank: Readonly<Record<string, undefined>> = Object.fromEntries(
  ['version', 'jobId', 'leaving', 'installedBy', 'installedAt', 'archive', 'archives', 'gsi2pk', 'gsi2sk'].map((name) => [name, undefined]),
);

/** Archives are found by the time at which they are purged. */
const attributesOf = ({ tenantId, module, installedAt, archive, ...plain }: Omit<TenantModule, 'configuration' | 'secrets'>): Item => ({
  ...plain,
  ...(installedAt ? { installedAt: installedAt.toISOString() } : {}),
  ...(archive ? { archive: { ...archive, at: archive.at.toISOString(), expiresAt: archive.expiresAt.toISOString() } } : {}),
  ...(archive && plain.status === 'Archived'
    ? { gsi2pk: archivesKey, gsi2sk: `${archive.expiresAt.toISOString()}#${tenantId}#${module}` }
    : {}),
});

/** All archives of all tenants, which the reconciler asks for those that are due. */
export const archivesKey = 'ARCHIVES';

interface Condition {
  readonly ConditionExpression: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues: Record<string, unknown>;
}

/** A module in a job's hands is that job's; one that is free must stand as it was read. */
const conditionOn = (holder: string, { status, version, jobId }: TenantModule): Condition =>
  jobId === undefined
    ? {
        ConditionExpression: `#was = :was AND ${version === undefined ? 'attribute_not_exists(version)' : 'version = :wasVersion'}`,
        ExpressionAttributeNames: { '#was': 'status' },
        ExpressionAttributeValues: { ':was': status, ...(version === undefined ? {} : { ':wasVersion': version }) },
      }
    : {
        ConditionExpression: '#job = :job',
        ExpressionAttributeNames: { '#job': 'jobId' },
        ExpressionAttributeValues: { ':job': holder },
      };

const tenantModuleItem = (tenantModule: TenantModule): Item => ({
  ...tenantModuleKey(tenantModule.tenantId, tenantModule.module),
  type: 'TenantModule',
  tenantId: tenantModule.tenantId,
  module: tenantModule.module,
  configuration: tenantModule.configuration,
  ...(tenantModule.secrets ? { secrets: tenantModule.secrets } : {}),
  ...attributesOf(tenantModule),
  gsi1pk: `MODULE#${tenantModule.module}#${shardOf(tenantModule.tenantId)}`,
  gsi1sk: tenantModule.tenantId,
});

export const tenantModuleOf = (item: Item): TenantModule => {
  const { tenantId, module, status, version, jobId, leaving, installedBy, installedAt, configuration, secrets, archive, archives } =
    item as unknown as StoredTenantModule;
  return {
    tenantId,
    module,
    status,
    configuration,
    ...(secrets ? { secrets } : {}),
    ...(version ? { version } : {}),
    ...(jobId ? { jobId } : {}),
    ...(leaving ? { leaving } : {}),
    ...(installedBy ? { installedBy } : {}),
    ...(installedAt ? { installedAt: new Date(installedAt) } : {}),
    ...(archive ? { archive: { ...archive, at: new Date(archive.at), expiresAt: new Date(archive.expiresAt) } } : {}),
    ...(archives === undefined ? {} : { archives }),
  };
};

type StoredTenantModule = Omit<TenantModule, 'installedAt' | 'archive'> & {
  readonly installedAt?: string;
  readonly archive?: Omit<Archive, 'at' | 'expiresAt'> & { readonly at: string; readonly expiresAt: string };
};

/** The tenant's item belongs to tenancy; its revision is what all writers of a tenant's modules agree on. */
const revisionWrite = (job: Job, expected: number, isNew: boolean): Write => ({
  Update: {
    Key: { pk: `TENANT#${job.tenantId}`, sk: 'TENANT' },
    UpdateExpression: 'SET revision = :next',
    ConditionExpression: isNew ? 'revision = :expected AND #status = :active' : 'revision = :expected',
    ...(isNew ? { ExpressionAttributeNames: { '#status': 'status' } } : {}),
    ExpressionAttributeValues: { ':next': expected + 1, ':expected': expected, ...(isNew ? { ':active': 'active' } : {}) },
  },
});
