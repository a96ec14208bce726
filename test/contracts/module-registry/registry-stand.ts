import { afterAll, beforeAll } from '@jest/globals';
import { ulid } from 'ulid';
import type { JobCommit, JobStore, Outbox, TenantModules, WorkFactsReader } from '../../../contexts/module-registry/application/ports.ts';
import {
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  type Job,
  type JobEvent,
  requestJob,
} from '../../../contexts/module-registry/domain/job.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import {
  makeDynamoCatalog,
  makeDynamoJobStore,
  makeDynamoOutbox,
  makeDynamoTenantModules,
  makeDynamoWorkFacts,
} from '../../../contexts/module-registry/index.ts';
import { shards } from '../../../contexts/shared/adapters/audit-item.ts';
import { makeDynamoIdempotency } from '../../../contexts/shared/adapters/dynamo-idempotency.ts';
import type { Table } from '../../../contexts/shared/adapters/dynamo-table.ts';
import type { IdempotencyStore } from '../../../contexts/shared/application/idempotency.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { newTenant, type TenantStatus } from '../../../contexts/tenancy/domain/tenant.ts';
import { newTenantWrites, tenantStatusWrite } from '../../../contexts/tenancy/index.ts';
import { aModule, makeMemoryRegistry, tenantId as memoryTenant } from '../../support/memory-registry.ts';
import { startRegistryTable } from '../registry-table.ts';

/** A registry's ports, in memory or in DynamoDB, with one active tenant at revision 1 and one published module. */
export interface RegistryStand {
  readonly jobs: JobStore;
  readonly tenantModules: TenantModules;
  readonly facts: WorkFactsReader;
  readonly outbox: Outbox;
  readonly idempotency: IdempotencyStore;
  readonly tenant: string;
  /** In the catalog, at 1.0.0. */
  readonly module: string;
  readonly setStatus: (status: TenantStatus) => Promise<void>;
}

export const at = new Date('2026-01-01T00:00:00.000Z');
export const timing = { at, leaseSeconds: 120 };
export const contended = { name: 'Contended' };

/** Starts one DynamoDB for the file's tests; what `use` answers makes a stand on it. */
export const registryTable = (): (() => Table) => {
  let started: Awaited<ReturnType<typeof startRegistryTable>> | undefined;
  beforeAll(async () => {
    started = await startRegistryTable();
  });
  afterAll(() => started?.stop());
  return () => {
    if (!started) throw new Error('the table is there only while tests run');
    return started.table;
  };
};

export const inDynamodb = (useTable: () => Table) => async (): Promise<RegistryStand> => {
  const table = useTable();
  const id = ulid();
  const module = `m_${id.toLowerCase()}`;
  const tenant = newTenant({ id, slug: `t-${id.toLowerCase()}`, name: 'T', plan: 'standard', clusterArn: 'arn', createdAt: at });
  await table.transact(newTenantWrites(tenant));
  await table.transact([tenantStatusWrite(id, 'active')]);
  const entry = aModule(module);
  await makeDynamoCatalog(table, ulid).save({ module: entry.module, versions: [entry.version], others: [], event: registered(module) });
  return {
    jobs: makeDynamoJobStore(table, ulid),
    tenantModules: makeDynamoTenantModules(table),
    facts: makeDynamoWorkFacts(table),
    outbox: makeDynamoOutbox(table),
    idempotency: makeDynamoIdempotency(table),
    tenant: id,
    module,
    setStatus: (status) => table.transact([tenantStatusWrite(id, status)]),
  };
};

export const inMemory = async (memory = makeMemoryRegistry()): Promise<RegistryStand> => {
  memory.state.catalog.push(aModule('finance'));
  return {
    ...memory,
    outbox: memory.trail.outbox,
    idempotency: memory.trail.idempotency,
    tenant: memoryTenant,
    module: 'finance',
    setStatus: async (status) => {
      memory.state.tenantStatus = status;
    },
  };
};

const registered = (module: string) => ({ name: 'ModuleRegistered', module, actor: 'system', at: at.toISOString() });

/** A request to install one module, as the use case would store it. */
export const aRequest = (tenantId: string, module = 'finance', when = at) => {
  const change = { module, from: null, to: '1.0.0', why: 'requested', change: 'install' as const, migratorArn: 'arn:live' };
  const about = { id: ulid(), kind: 'install' as const, tenantId, tenantSlug: 'acme', modules: [change], requested: [module], fence: 2 };
  const { job, events } = requestJob({ ...about, requestedBy: 'ada', attemptsMax: 3 }, { ...timing, at: when });
  const configuration = { currency: 'EUR' };
  const after: TenantModule = { tenantId, module, status: 'Changing', jobId: job.id, configuration };
  return {
    job,
    events,
    tenantModules: [{ module, after }],
    configurations: { [module]: { configuration, fields: ['currency'], insteadOf: 'nothing' } },
    tenantRevision: { expected: 1 },
  };
};

export const changeOf = (before: Job, events: readonly JobEvent[]): JobCommit => ({
  before,
  job: events.reduce(evolve, before),
  events,
  tenantModules: [],
});

export const validating = (before: Job): JobCommit => changeOf(before, beginValidating(before, timing));

export const locked = ({ tenantId, id }: Job, module: string): TenantModule => ({
  tenantId,
  module,
  status: 'Changing',
  jobId: id,
  configuration: {},
});

/** Stores the job's way to its end, and what that makes of its module. */
export const store = async ({ jobs }: RegistryStand, request: JobCommit, end: 'Active' | 'Failed'): Promise<Job> => {
  await jobs.commit(request);
  const begun = validating(request.job);
  await jobs.commit(begun);
  const working = changeOf(begun.job, end === 'Active' ? beginWork(begun.job, timing) : []);
  if (end === 'Active') await jobs.commit(working);
  const last = changeOf(working.job, end === 'Active' ? complete(working.job, timing) : fail(working.job, { reason: 'no' }, timing));
  const [{ module } = { module: '' }] = request.tenantModules;
  const before = locked(request.job, module);
  const { jobId: _job, ...free } = { ...before, status: 'Active' as const, version: '1.0.0' };
  const change = { module, before, ...(end === 'Active' ? { after: free } : {}) };
  await jobs.commit({ ...last, tenantModules: [change] });
  return last.job;
};

/** What waits in any shard to be published, of one aggregate. */
export const waitingOf = async (
  { outbox }: Pick<RegistryStand, 'outbox'>,
  aggregate: string,
  until = at,
): Promise<readonly AuditEvent[]> => {
  const all: AuditEvent[] = [];
  for (let shard = 0; shard < shards; shard += 1) all.push(...(await outbox.waiting(shard, until, 100)));
  return all.filter((event) => event.aggregate === aggregate);
};

/** Every page of a list, and how many there were. */
export const pagesOf = async <T>(
  list: (cursor?: string) => Promise<{ readonly items: readonly T[]; readonly cursor?: string }>,
): Promise<readonly (readonly T[])[]> => {
  const pages: (readonly T[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await list(cursor);
    pages.push(page.items);
    cursor = page.cursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
};
