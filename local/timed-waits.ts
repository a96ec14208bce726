import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalClock } from './clock.ts';

/**
 * The engine waits with timers, which a moved clock does not move. So each Wait state becomes a task with the same name that
 * looks at the clock; whoever reads the history sees a Wait all the same.
 */

type Definition = { readonly States: Readonly<Record<string, Readonly<Record<string, unknown>>>> };

const lookMilliseconds = 100;

export interface TimedWaits {
  readonly definition: unknown;
  readonly isWait: (state: string) => boolean;
}

/** The machine with its waits replaced, those inside maps and parallels too. */
export const withTimedWaits = (text: string): TimedWaits => {
  const waits = new Set<string>();
  const definition: unknown = JSON.parse(text, (key, value: unknown) => {
    if (key !== 'States') return value;
    return Object.fromEntries(Object.entries(value as Definition['States']).map(([name, state]) => [name, replaced(name, state, waits)]));
  });
  return { definition, isWait: (state) => waits.has(state) };
};

const replaced = (name: string, state: Readonly<Record<string, unknown>>, waits: Set<string>) => {
  if (state['Type'] !== 'Wait') return state;
  waits.add(name);
  const { Seconds, SecondsPath, Timestamp, TimestampPath, ...kept } = state;
  const asked = {
    ...(Seconds === undefined ? {} : { seconds: Seconds }),
    ...(SecondsPath === undefined ? {} : { 'seconds.$': SecondsPath }),
    ...(Timestamp === undefined ? {} : { timestamp: Timestamp }),
    ...(TimestampPath === undefined ? {} : { 'timestamp.$': TimestampPath }),
  };
  return { ...kept, Type: 'Task', Resource: 'arn:aws:states:::local:wait', Parameters: asked, ResultPath: null };
};

export interface WaitOptions {
  readonly clock: LocalClock;
  /** Instead of what the machine says: for who moves the time. */
  readonly milliseconds?: number | undefined;
  /** Whether the execution still runs. */
  readonly goesOn: () => boolean;
}

/** Resolves when the clock is where the state says. */
export const waitOut = async (input: unknown, { clock, milliseconds, goesOn }: WaitOptions): Promise<null> => {
  const { seconds, timestamp } = input as { readonly seconds?: number; readonly timestamp?: string };
  const asked = timestamp === undefined ? clock.now().getTime() + Number(seconds) * 1000 : Date.parse(timestamp);
  const until = milliseconds === undefined ? asked : Math.min(asked, clock.now().getTime() + milliseconds);
  while (goesOn() && clock.now().getTime() < until) await sleep(Math.min(lookMilliseconds, Math.max(1, until - clock.now().getTime())));
  return null;
};
