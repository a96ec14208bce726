import { Defect, type Refusal, Unavailable } from '../../shared/domain/errors.ts';
import type { TenantTarget } from '../../shared/domain/migrator-contract.ts';
import { fenceOf } from '../domain/fence.ts';
import { beginValidating, beginWork, fail, hasEnded, type Job, type Timing, turnForward, wait } from '../domain/job.ts';
import { lookAgainSeconds } from '../domain/look-again.ts';
import { refusalToInstall } from '../domain/module-version.ts';
import { factsOf, type ModuleStepsPorts, move, renew, type StepAnswer } from './module-step.ts';
import { currentModule, firstWork, versionOf } from './module-work.ts';
import { subscriptionRequired } from './plan-change.ts';
import type { WorkFacts } from './ports.ts';

/** The first step of every attempt: looks again at what may have changed, lets no older attempt act any more, and begins, or goes on. */
export const validate = async (ports: ModuleStepsPorts, job: Job, timing: () => Timing): Promise<StepAnswer> => {
  if (hasEnded(job)) return { outcome: 'ended' };
  if (job.state === 'RollingBack') return rollback(ports, job, timing);
  const validating = await move(ports, job, beginValidating(job, timing()));
  const facts = await factsOf(ports, job);
  const refusal = validating.state === 'Validating' ? await refusalNow(ports, validating, facts, timing().at) : undefined;
  if (refusal instanceof Unavailable) return waitFor(ports, validating, refusal, timing());
  if (refusal) {
    const error = { name: 'Refused', message: refusal.message, ...(refusal.facts ? { facts: refusal.facts } : {}) };
    await move(ports, validating, fail(validating, { reason: refusal.reason, error }, timing()));
    return { outcome: 'failed' };
  }
  const { raised } = await raiseFences(ports, job, facts.tenant.target);
  if (!raised) return { outcome: 'superseded' };
  const working = await move(ports, validating, beginWork(validating, timing(), placeOf(facts)));
  const { phase, current } = firstWork(working, facts);
  return { outcome: phase, current };
};

const placeOf = ({ tenant: { target } }: WorkFacts) => ({ clusterArn: target.clusterArn, database: target.database });

/** From here on, workers of older attempts are refused by the database. It also proves that the database can be reached. */
const raiseFences = async (
  { fences }: ModuleStepsPorts,
  job: Job,
  target: TenantTarget,
): Promise<{ readonly raised: boolean; readonly committed: boolean }> => {
  let committed = false;
  for (const { module } of job.modules) {
    const { raised, committedBy } = await fences.raise(target, module, fenceOf(job));
    if (!raised) return { raised, committed };
    committed ||= committedBy === job.id;
  }
  return { raised: true, committed };
};

/** What may have changed since the request was accepted. A suspension refuses requests; what was accepted before it is finished. */
const refusalNow = async (ports: ModuleStepsPorts, job: Job, facts: WorkFacts, at: Date): Promise<Refusal | Unavailable | undefined> => {
  if (facts.tenant.status !== 'active' && facts.tenant.status !== 'suspended') {
    return {
      kind: 'unprocessable',
      reason: 'tenant-not-active',
      message: `tenant ${job.tenantSlug} is ${facts.tenant.status}; it must be active`,
    };
  }
  for (const change of job.modules) {
    if (change.change !== 'install' && change.change !== 'upgrade' && change.change !== 'restore') continue;
    const { module, version } = versionOf(facts, change);
    const refusal = change.change === 'restore' ? undefined : refusalToInstall(version, at);
    if (refusal) return refusal;
    if (!module.subscriptionRequired) continue;
    const subscribed = await subscribedOrAbsent(ports, job, change.module);
    if (subscribed instanceof Unavailable) return subscribed;
    if (!subscribed) return subscriptionRequired(change.module);
  }
  return undefined;
};

const subscribedOrAbsent = async ({ subscriptions }: ModuleStepsPorts, job: Job, module: string): Promise<boolean | Unavailable> => {
  try {
    return await subscriptions.hasSubscriptionForModule(job.tenantId, module);
  } catch (error) {
    if (error instanceof Unavailable) return error;
    throw error;
  }
};

/** The job stays in Validating, says for what it waits, and looks again; running modules are not concerned. */
const waitFor = async (ports: ModuleStepsPorts, job: Job, absent: Unavailable, timing: Timing): Promise<StepAnswer> => {
  const since = job.waiting?.since ?? timing.at;
  const { retryAfterSeconds } = absent;
  const waitSeconds = lookAgainSeconds({ secondsWaited: (timing.at.getTime() - since.getTime()) / 1000, retryAfterSeconds });
  const nextTryAt = new Date(timing.at.getTime() + waitSeconds * 1000);
  const waiting = await move(ports, job, wait(job, { reason: 'subscription-unavailable', message: absent.message, nextTryAt }, timing));
  if (hasEnded(waiting)) return { outcome: 'failed' };
  if (job.waiting && !(await renew(ports, job, timing, { nextTryAt }))) return { outcome: 'superseded' };
  return { outcome: 'wait', waitSeconds };
};

/**
 * The last module of the plan is undone first. What was committed for ever turns the job round: then it is finished. A job that
 * is not rolling back has nothing to undo.
 */
export const rollback = async (ports: ModuleStepsPorts, job: Job, timing: () => Timing): Promise<StepAnswer> => {
  if (job.state !== 'RollingBack') return { outcome: 'ended' };
  const last = job.modules.at(-1);
  if (!last) throw new Defect(`job ${job.id} has no module`);
  const facts = await factsOf(ports, job);
  const { raised, committed } = await raiseFences(ports, job, facts.tenant.target);
  if (!raised) return { outcome: 'superseded' };
  if (!committed) return { outcome: 'rollback', current: currentModule(job, last, facts) };
  const forward = await move(ports, job, turnForward(job, timing()));
  const { phase, current } = firstWork(forward, facts);
  return { outcome: phase, current };
};
