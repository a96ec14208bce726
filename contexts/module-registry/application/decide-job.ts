import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import { whileContended } from '../../shared/application/while-contended.ts';
import { Contended, type Refusal, Refused } from '../../shared/domain/errors.ts';
import { hasEnded, isAboutModules, type Job, type JobEvent, onlyReads } from '../domain/job.ts';
import { cancel, retry, settle } from '../domain/job-by-hand.ts';
import { takesVersion } from '../domain/plan.ts';
import { type Change, readChangeFacts } from './change-facts.ts';
import { type ChangeJobPorts, changeJob, type JobChange, nextFence, type TenantNow } from './change-job.ts';
import type { ConfigurationSecrets } from './configuration-ports.ts';
import { configuredSince, type Given } from './given-configuration.ts';
import { acceptedPlan, type PlanPorts } from './plan-change.ts';
import { planHash, refusalOfOtherPlan } from './plan-hash.ts';
import type { Executions, JobStore } from './ports.ts';
import { type OnStartFailed, startOrLeave } from './start-job.ts';

/** What persons decide about a job: to try it again, to call it off, to say that it was put right by hand. Each once per key. */

export interface DecideJobPorts extends ChangeJobPorts, PlanPorts {
  readonly jobs: JobStore;
  readonly secrets: ChangeJobPorts['secrets'] & Pick<ConfigurationSecrets, 'read'>;
  readonly executions: Executions;
  readonly idempotency: IdempotencyStore;
  readonly onStartFailed: OnStartFailed;
}

export interface DecideJob {
  readonly jobId: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

type Answer = { readonly jobId: string };

/** The next attempt of the same job. Rejects with `Refused` where that makes no sense, or the plan is another by now. */
export const makeRetryJob =
  (ports: DecideJobPorts) =>
  (command: DecideJob): Promise<Answer> =>
    onJob(ports, command, async (before) => {
      const decide: JobChange['decide'] = async (now, timing) => {
        if (isClosedTo(before, now.tenant.status)) throw new Refused(notActive(before, now.tenant));
        const events = accepted(retry(before, { fence: nextFence(now.tenant), actor: command.actor }, timing));
        if (before.state === 'Failed' && isAboutModules(before.kind)) await requireSamePlan(ports, before, now);
        return events;
      };
      const job = await changeJob(ports, before, { decide, ...keptBy(command) });
      await startOrLeave(ports, job);
    });

/** Calls an open job off; what it has begun is rolled back. Rejects with `Refused` once it has ended or only goes forward. */
export const makeCancelJob =
  (ports: DecideJobPorts) =>
  (command: DecideJob): Promise<Answer> =>
    onJob(ports, command, async (before) => {
      const said = cancel(
        before,
        { fence: before.fence, actor: command.actor },
        { at: ports.clock.now(), leaseSeconds: ports.leaseSeconds },
      );
      if (accepted(said).length === 0) return;
      await ports.executions.stop(before, `cancelled by ${command.actor}`);
      const decide: JobChange['decide'] = async ({ tenant }, timing) =>
        accepted(cancel(before, { fence: nextFence(tenant), actor: command.actor }, timing));
      const job = await changeJob(ports, before, { decide, ...keptBy(command) });
      if (!hasEnded(job)) await startOrLeave(ports, job);
    });

/** Ends a job in ManualIntervention as somebody left things by hand: undone, or done. */
export const makeSettleJob =
  (ports: DecideJobPorts) =>
  ({ as, ...command }: DecideJob & { readonly as: 'undone' | 'done' }): Promise<Answer> =>
    onJob(ports, command, async (before) => {
      const decide: JobChange['decide'] = async (_now, timing) => accepted(settle(before, { as, actor: command.actor }, timing));
      await changeJob(ports, before, { decide, ...keptBy(command) });
    });

const onJob = (ports: DecideJobPorts, { jobId, idempotency }: DecideJob, work: (before: Job) => Promise<void>): Promise<Answer> =>
  whileContended(async () => {
    if (await keptAnswer(ports.idempotency, idempotency, ports.clock.now())) return { jobId };
    const before = await ports.jobs.get(jobId);
    if (!before)
      throw new Refused({ kind: 'not-found', reason: 'unknown-job', message: `there is no job ${jobId}`, facts: { job: jobId } });
    await work(before);
    return { jobId };
  });

const accepted = (said: readonly JobEvent[] | Refusal): readonly JobEvent[] => {
  if ('reason' in said) throw new Refused(said);
  return said;
};

const keptBy = ({ jobId, idempotency }: DecideJob): Pick<JobChange, 'idempotency'> =>
  idempotency ? { idempotency: { ...idempotency, answer: { jobId } } } : {};

/** A failed job let go of its modules: others may have changed since, so it must still be what would be planned today. */
const requireSamePlan = async (ports: DecideJobPorts, job: Job, { tenant }: TenantNow): Promise<void> => {
  const given = await ports.jobs.configuration(job.id);
  const change: Change = {
    tenantId: job.tenantId,
    kind: job.kind as Change['kind'],
    modules: job.requested.map((module) => wishOf(job, module)),
    configurations: await givenBy(ports, job, given),
    acceptDataLoss: true,
    waiveGracePeriod: true,
    ...(job.requested[0] === undefined ? {} : { confirm: job.requested[0] }),
  };
  const facts = await readChangeFacts(ports, change, ports.clock.now());
  if (facts.tenant.revision !== tenant.revision)
    throw new Contended(`tenant ${tenant.slug} changed while job ${job.id} was being looked at`);
  const { steps } = await acceptedPlan(ports, change, facts);
  const other = refusalOfOtherPlan(planHash(job.modules), steps);
  if (other) throw new Refused({ ...other, message: `job ${job.id} cannot be tried again, ask for the change anew: ${other.message}` });
  const changed = configuredSince(given, facts.tenantModules);
  if (changed.length > 0) throw new Refused(configurationChanged(job, changed));
};

/**
 * What the request gave, write-only values too: only what still fits is tried again. The values that are kept beside these were set
 * before, and were not judged either. Rejects with `Refused` where they are gone.
 */
const givenBy = async ({ secrets }: DecideJobPorts, { id, tenantId }: Job, given: Given): Promise<Change['configurations']> => {
  const read = Object.entries(given).map(async ([module, { configuration, secrets: kept, fields }]) => {
    const values = kept ? await secrets.read({ tenantId, module }, kept.ref) : {};
    const brought = values && Object.entries(values).filter(([name]) => fields.includes(name));
    return { module, values: brought && { ...configuration, ...Object.fromEntries(brought) } };
  });
  const all = await Promise.all(read);
  const gone = all.flatMap(({ module, values }) => (values ? [] : [module]));
  if (gone.length > 0) throw new Refused(secretsGone(id, gone));
  return Object.fromEntries(all.flatMap(({ module, values }) => (values ? [[module, values]] : [])));
};

const configurationChanged = ({ id }: Job, modules: readonly string[]): Refusal => ({
  kind: 'conflict',
  reason: 'configuration-changed',
  message: `job ${id} cannot be tried again: ${modules.join(', ')} was configured anew since, and the job would undo that; ask for the change anew`,
  facts: { job: id, modules },
});

const secretsGone = (id: string, modules: readonly string[]): Refusal => ({
  kind: 'conflict',
  reason: 'secrets-gone',
  message: `job ${id} cannot be tried again: what is write-only in the configuration of ${modules.join(', ')} is gone, since the module was asked for or configured again; ask for the change anew`,
  facts: { job: id, modules },
});

const wishOf = ({ kind, modules }: Job, name: string): Change['modules'][number] => {
  const to = modules.find(({ module }) => module === name)?.to ?? null;
  return { module: name, ...(to !== null && isAboutModules(kind) && takesVersion(kind) ? { range: to } : {}) };
};

const outOfReach = ['archived', 'deprovisioned'];
const onTheWayThere = ['deprovisioning', 'restoring', 'purging'];

/**
 * There is nothing to work on, or a job about the tenant as a whole is at it; that job itself may be tried again. While the
 * tenant is suspended nothing is begun anew, but what needs a person may be undone.
 */
const isClosedTo = ({ kind, state }: Job, tenantStatus: string): boolean =>
  (outOfReach.includes(tenantStatus) && !onlyReads(kind)) ||
  (isAboutModules(kind) && (onTheWayThere.includes(tenantStatus) || (tenantStatus === 'suspended' && state === 'Failed')));

const notActive = ({ id }: Job, { slug, status }: TenantNow['tenant']): Refusal => ({
  kind: 'conflict',
  reason: 'tenant-not-active',
  message: `job ${id} cannot be tried again while tenant ${slug} is ${status}`,
  facts: { tenant: slug, status },
});
