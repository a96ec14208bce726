import type { Clock } from '../domain/clock.ts';

/** How long one invocation may go on before it answers; work that has begun is always ended first. */
export interface Slice {
  readonly isOver: () => boolean;
  /** A moment's pause, for whoever looks again and again at something that takes its time. */
  readonly pause: () => Promise<void>;
}

export interface SliceTiming {
  readonly clock: Clock;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
  /** 0 for one migration a slice. */
  readonly sliceBudgetMs: number;
}

/** A budget of 0 is over at once: one migration a slice. */
export const startSlice = ({ clock, sleep, sliceBudgetMs }: SliceTiming): Slice => {
  const end = clock.now().getTime() + sliceBudgetMs;
  return { isOver: () => clock.now().getTime() >= end, pause: () => sleep(1_000) };
};

/** How far a call came; `standing` migrations are in the database now. */
export interface Progress {
  readonly standing: number;
  readonly done: boolean;
}

/** Which job a change is made for: written into the ledger. */
export interface JobAttempt {
  readonly job: string;
  readonly attempt: number;
}
