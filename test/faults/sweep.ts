import { type Call, record, thinned } from './calls.ts';
import { faultClasses } from './fault-classes.ts';
import { makePatientClient } from './patient-client.ts';
import { type Case, isOverOf, settle } from './run-case.ts';
import type { Stage } from './stage.ts';
import type { Workflow } from './workflow.ts';

/** Runs a workflow in which nothing goes wrong, cold and warm, and answers every call there is to hit. Rejects when it does not end as it should. */
export const learnCalls = async (stage: Stage, workflow: Workflow): Promise<readonly Call[]> => {
  const cold = await cleanRun(stage, workflow, () => stage.cloud.crash());
  const warm = await cleanRun(stage, workflow);
  const known = new Set(warm.map(({ id }) => id));
  // the reconciler looks round when everything starts; its calls are swept where it has something to do
  const onlyCold = cold.filter(({ id, by }) => !known.has(id) && by !== 'Reconciler').map((call) => ({ ...call, cold: true }));
  const own = (calls: readonly Call[]): readonly Call[] =>
    (workflow.own ?? ((all) => all))(calls).filter(({ by }) => (by !== 'Publisher' && by !== 'Analytics') || publishes(workflow));
  const calls = [...thinned(own(warm)), ...thinned(own(onlyCold))];
  if (calls.length === 0) throw new Error(`${workflow.name} made none of the calls that it is swept for`);
  return calls;
};

/** What happens to a stored event is the same whatever stored it. */
const publishes = ({ name }: Workflow): boolean => name === 'install' || name === 'publisher';

const cleanRun = async (stage: Stage, workflow: Workflow, first = async () => {}): Promise<readonly Call[]> => {
  stage.clearHeard();
  const scene = await workflow.prepare(stage);
  await first();
  const { client } = await makePatientClient(stage);
  let jobId: string | undefined;
  const calls = await record(stage, async () => {
    jobId = await workflow.trigger(stage, scene, client);
    await settle(stage, async () => {}, isOverOf(stage, workflow, scene, jobId));
  });
  const state = jobId === undefined ? 'no job' : String((await stage.registry.job(jobId))?.['state']);
  await workflow.reset(stage, scene);
  if (state !== workflow.endsCleanly) throw new Error(`${workflow.name} ended ${state} although nothing went wrong`);
  return calls;
};

/** Every call × fault. */
export const casesOf = (workflow: Workflow, calls: readonly Call[]): readonly Case[] =>
  calls.flatMap((call) =>
    faultClasses
      .filter((fault) => fault.appliesTo(call) && workflow.without?.includes(fault.name) !== true)
      .map((fault) => ({ id: `${workflow.name}/${call.id}/${fault.name}`, workflow, call, fault })),
  );

/** `n` of them, the same for the same seed: mulberry32 over a Fisher-Yates shuffle. */
export const sampled = <T>(all: readonly T[], n: number, seed: number): readonly T[] => {
  const shuffled = [...all];
  let state = seed >>> 0;
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  for (let i = shuffled.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [shuffled[i], shuffled[j]];
    if (a !== undefined && b !== undefined) [shuffled[i], shuffled[j]] = [b, a];
  }
  return shuffled.slice(0, n);
};
