import { type Case, runCase, type Verdict } from './run-case.ts';
import { type Stage, startStage } from './stage.ts';
import { casesOf, learnCalls, sampled } from './sweep.ts';
import type { Workflow } from './workflow.ts';
import { setUp } from './workflows/tenants.ts';

/** Which cases of each workflow are wanted. */
export interface Wanted {
  readonly seed: number;
  /** So many of each workflow, instead of all. */
  readonly sample?: number;
  /** The beginning of the ids. */
  readonly only?: string;
}

export interface Listener {
  readonly onCases: (workflow: string, count: number) => void;
  readonly onVerdict: (verdict: Verdict) => void;
}

/** Sweeps one workflow after another on a cloud of its own, until `next` has no more. */
export const runShare = async (next: () => Promise<Workflow | undefined>, wanted: Wanted, listener: Listener): Promise<void> => {
  const said: string[] = [];
  const stage = await startStage((message) => said.push(message));
  try {
    await setUp(stage);
    for (let workflow = await next(); workflow !== undefined; workflow = await next()) await sweep(stage, workflow, wanted, listener);
  } catch (error) {
    process.stderr.write(`${said.slice(-20).join('\n')}\n`);
    throw error;
  } finally {
    await stage.stop();
  }
};

const sweep = async (stage: Stage, workflow: Workflow, wanted: Wanted, { onCases, onVerdict }: Listener): Promise<void> => {
  const cases = chosen(casesOf(workflow, await learnCalls(stage, workflow)), wanted);
  onCases(workflow.name, cases.length);
  for (const one of cases) onVerdict(await runCase(stage, one));
};

const chosen = (all: readonly Case[], { seed, sample, only }: Wanted): readonly Case[] => {
  const wanted = only === undefined ? all : all.filter(({ id }) => id.startsWith(only));
  return sample === undefined ? wanted : sampled(wanted, sample, seed);
};
