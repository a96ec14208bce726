import { auditEventOf } from '../../shared/adapters/audit-item.ts';
import { type Item, type Table, TransactionLost } from '../../shared/adapters/dynamo-table.ts';
import type { NewId } from '../../shared/domain/clock.ts';
import { Defect } from '../../shared/domain/errors.ts';
import type { GivenConfiguration, JobStore, ModuleRestorePoint, SignOfLife } from '../application/ports.ts';
import { commitWrites, configurationKey, jobKey, jobOf, restorePointKey } from './job-items.ts';

const configurationsMax = 100;
/** So many are looked at side by side. */
const jobsPerPage = 50;
const jobsMax = 1_000_000;

/** Jobs in the registry table. */
export const makeDynamoJobStore = (table: Table, newId: NewId): JobStore => ({
  get: async (jobId) => {
    const item = await table.get(jobKey(jobId));
    return item && jobOf(item);
  },
  commit: async (commit) => table.transact(commitWrites(commit, newId)),
  renewLease: async (sign) => {
    try {
      await table.update(renewal(sign));
      return true;
    } catch (error) {
      if (error instanceof TransactionLost) return false;
      throw error;
    }
  },
  addRestorePoint: async (jobId, { module, ...point }) => {
    try {
      const Item = { ...restorePointKey(jobId, module), type: 'RestorePoint', module, ...point };
      await table.transact([{ Put: { Item, ConditionExpression: 'attribute_not_exists(pk)' } }]);
    } catch (error) {
      if (!(error instanceof TransactionLost)) throw error;
    }
  },
  restorePoints: async (jobId) => {
    const items = await table.queryAll(
      {
        KeyConditionExpression: 'pk = :job AND begins_with(sk, :point)',
        ExpressionAttributeValues: { ':job': jobKey(jobId).pk, ':point': restorePointKey(jobId, '').sk },
      },
      configurationsMax,
    );
    return items.map(({ pk: _pk, sk: _sk, type: _type, ...point }) => point as unknown as ModuleRestorePoint);
  },
  expired: async (shard, at, limit) => {
    const { items } = await table.query(
      {
        IndexName: 'gsi1',
        KeyConditionExpression: 'gsi1pk = :shard AND gsi1sk <= :at',
        ExpressionAttributeValues: { ':shard': `OPEN#${shard}`, ':at': at.toISOString() },
      },
      { limit },
    );
    return items.map((item) => jobOf(item).id);
  },
  ofTenant: async (tenantId, paging) => {
    const { items, ...rest } = await table.query(jobsOf(tenantId), paging);
    return { items: items.map(jobOf), ...rest };
  },
  events: async (jobId, paging) => {
    const { items, ...rest } = await table.query(
      {
        KeyConditionExpression: 'pk = :job AND begins_with(sk, :event)',
        ExpressionAttributeValues: { ':job': jobKey(jobId).pk, ':event': 'EVENT#' },
      },
      paging,
    );
    return { items: items.map(auditEventOf), ...rest };
  },
  configuration: async (jobId) =>
    Object.fromEntries((await configurationItems(table, jobId)).map((item) => [String(item['module']), givenOf(item)])),
  forgetConfigurations: async (tenantId) => {
    let cursor: string | undefined;
    for (let seen = 0; seen < jobsMax; seen += jobsPerPage) {
      const page = await table.query(jobsOf(tenantId), { limit: jobsPerPage, ...(cursor === undefined ? {} : { cursor }) });
      await Promise.all(page.items.map((item) => forgetConfiguration(table, jobOf(item).id)));
      cursor = page.cursor;
      if (cursor === undefined) return;
    }
    throw new Defect(`tenant ${tenantId} has more than the ${jobsMax} jobs it may have`, { tenantId });
  },
});

const jobsOf = (tenantId: string) => ({
  IndexName: 'gsi2',
  KeyConditionExpression: 'gsi2pk = :tenant',
  ExpressionAttributeValues: { ':tenant': `TENANT#${tenantId}#JOBS` },
  ScanIndexForward: false,
});

const configurationItems = (table: Table, jobId: string): Promise<readonly Item[]> =>
  table.queryAll(
    {
      KeyConditionExpression: 'pk = :job AND begins_with(sk, :configuration)',
      ExpressionAttributeValues: { ':job': jobKey(jobId).pk, ':configuration': configurationKey(jobId, '').sk },
    },
    configurationsMax,
  );

const forgetConfiguration = async (table: Table, jobId: string): Promise<void> => {
  const given = await configurationItems(table, jobId);
  if (given.length > 0) await table.transact(given.map(({ module }) => ({ Delete: { Key: configurationKey(jobId, String(module)) } })));
};

const givenOf = (item: Item): GivenConfiguration => {
  const { configuration, secrets, fields, insteadOf } = item as unknown as GivenConfiguration;
  return { configuration, fields, insteadOf, ...(secrets ? { secrets } : {}) };
};

const renewal = ({ job, attempt, leaseUntil, stepEnded, progress, nextTryAt }: SignOfLife): Parameters<Table['update']>[0] => ({
  Key: jobKey(job),
  UpdateExpression: [
    'SET leaseUntil = :lease, gsi1sk = :lease',
    ...(stepEnded ? ['stepEnds.#step = :ended'] : []),
    ...(progress ? ['progress.#module = :progress'] : []),
    ...(nextTryAt ? ['waiting.nextTryAt = :next'] : []),
  ].join(', '),
  ConditionExpression: '#attempt = :attempt AND attribute_exists(gsi1pk)',
  ExpressionAttributeNames: {
    '#attempt': 'attempt',
    ...(stepEnded ? { '#step': stepEnded.step } : {}),
    ...(progress ? { '#module': progress.module } : {}),
  },
  ExpressionAttributeValues: {
    ':attempt': attempt,
    ':lease': leaseUntil.toISOString(),
    ...(stepEnded ? { ':ended': stepEnded.at.toISOString() } : {}),
    ...(progress ? { ':progress': { applied: progress.applied, total: progress.total } } : {}),
    ...(nextTryAt ? { ':next': nextTryAt.toISOString() } : {}),
  },
});
