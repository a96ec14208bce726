import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, makeCounter } from './calls.ts';
import type { FaultClass, Reactions } from './fault-classes.ts';
import { type Hit, makeHit } from './hit.ts';
import { check, type Finding, type Scene } from './invariants.ts';
import { makePatientClient } from './patient-client.ts';
import type { OutsideCall, Stage } from './stage.ts';
import type { Workflow } from './workflow.ts';

export interface Case {
  /** `workflow/call/fault`: what `--only` takes. */
  readonly id: string;
  readonly workflow: Workflow;
  readonly call: Call;
  readonly fault: FaultClass;
}

export interface Verdict {
  readonly id: string;
  /** Whether the call was made at all, so that the fault could happen. */
  readonly reached: boolean;
  readonly state: string | undefined;
  readonly findings: readonly Finding[];
  readonly milliseconds: number;
}

/** Runs a workflow from its beginning with one fault at one call, lets time pass until all has come to rest, and looks at what is left. */
export const runCase = async (stage: Stage, { id, workflow, call, fault }: Case): Promise<Verdict> => {
  const startedAt = performance.now();
  stage.clearHeard();
  const scene = await workflow.prepare(stage);
  if (call.cold) await stage.cloud.crash();
  const { client, giveUp } = await makePatientClient(stage);
  const armed = arm(stage, call, fault, giveUp);
  const findings: Finding[] = [];
  let jobId: string | undefined;
  const settled = (): Promise<void> => settle(stage, armed.crashing, isOverOf(stage, workflow, scene, jobId));
  try {
    jobId = await stage.listen(armed.onCall, () => workflow.trigger(stage, scene, client));
    await stage.listen(armed.onCall, settled);
    armed.release();
    await settled();
    if (jobId !== undefined) findings.push(...(await check({ stage, scene, jobId, mayEnd: workflow.mayEnd })));
    findings.push(...((await workflow.promises?.(stage, scene, jobId)) ?? []));
  } catch (error) {
    findings.push({ invariant: 'the cloud comes to rest by itself', found: error instanceof Error ? error.message : String(error) });
  } finally {
    armed.disarm();
    armed.release();
  }
  const state = jobId === undefined ? undefined : String((await stage.registry.job(jobId))?.['state']);
  await workflow.reset(stage, scene);
  return { id, reached: armed.reached(), state, findings, milliseconds: performance.now() - startedAt };
};

const arm = (stage: Stage, { id, by }: Call, fault: FaultClass, giveUp: () => void) => {
  const count = makeCounter();
  let crashing: Promise<void> = Promise.resolve();
  let target: OutsideCall | undefined;
  let reactions: Reactions = {};
  let meanwhile: (() => ReturnType<NonNullable<Reactions['meanwhile']>>) | undefined;
  const held = Promise.withResolvers<void>();
  const parts = {
    stage,
    by,
    onCrash: (crash: Promise<void>) => {
      crashing = crash;
    },
    hold: () => {
      giveUp();
      return held.promise;
    },
  };
  const onCall = (call: OutsideCall): void => {
    if (count(call) !== id || target !== undefined) return;
    target = call;
    stage.endIdleTransactions(true);
    const hit = call.kind === 'request' ? makeHit({ ...parts, request: call.request }) : makeHit(parts);
    reactions = fault.arm(hit as Hit);
  };
  const isTarget = (subject: unknown): boolean =>
    target !== undefined && (target.kind === 'request' ? target.request === subject : target.invocation === subject);
  const sameService = (request: { readonly service: string; readonly caller: { readonly principal: string } }): boolean =>
    target?.kind === 'request' &&
    request.service === target.request.service &&
    request.caller.principal === target.request.caller.principal;

  stage.around.request = async (request, moment) => {
    if (isTarget(request)) {
      if (moment === 'before') meanwhile = reactions.meanwhile;
      return (await (moment === 'before' ? reactions.before : reactions.after)?.()) ?? 'pass';
    }
    return moment === 'before' && meanwhile !== undefined && sameService(request) ? meanwhile() : 'pass';
  };
  stage.around.invocation = async (invocation, go) => {
    try {
      return isTarget(invocation) && reactions.invocation ? await reactions.invocation(go) : await go();
    } finally {
      if (meanwhile !== undefined && stage.atWork().at(-1) === invocation.principal) meanwhile = undefined;
    }
  };
  return {
    onCall,
    crashing: () => crashing,
    release: held.resolve,
    reached: () => target !== undefined,
    disarm: () => {
      delete stage.around.request;
      delete stage.around.invocation;
      stage.endIdleTransactions(false);
    },
  };
};

/** How far the clock is moved, again and again, until nothing is open any more: first the stream's window, then leases. */
const steps = [1_100, 1_100, 31_000, 61_000, 61_000, 61_000];
const stepsMax = 40;
/** Schedules and pollers look every 25 ms. */
const noticedAfterMilliseconds = 60;

/** Lets time pass until `isOver`. Rejects when it never is. */
export const settle = async (stage: Stage, crashing: () => Promise<void>, isOver: () => Promise<boolean>): Promise<void> => {
  for (let step = 0; step < stepsMax; step += 1) {
    await crashing();
    await stage.quiet();
    if (await isOver()) return;
    const move = steps[Math.min(step, steps.length - 1)] ?? 0;
    stage.cloud.clock.advance(move);
    await sleep(noticedAfterMilliseconds);
  }
  throw new Error('the job did not end, or its events were not published');
};

const ends = new Set([
  'Active',
  'Uninstalled',
  'Provisioned',
  'Deprovisioned',
  'Restored',
  'Purged',
  'Reported',
  'Cancelled',
  'Failed',
  'ManualIntervention',
]);

/** The job has ended and its events are out; without a job, those of the trail that the workflow writes to. */
export const isOverOf =
  (stage: Stage, workflow: Workflow, scene: Scene, jobId: string | undefined): (() => Promise<boolean>) =>
  async () => {
    if (jobId !== undefined && !ends.has(String((await stage.registry.job(jobId))?.['state']))) return false;
    const trail = jobId === undefined ? workflow.trail?.(scene) : `JOB#${jobId}`;
    return trail === undefined || (await stage.registry.events(trail)).every((event) => event['gsi1pk'] === undefined);
  };
