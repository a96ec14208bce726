/** What was asked of the embedded cloud, by whom: the figures that the budgets are checked against. */

export interface OperationCount {
  readonly count: number;
  /** DynamoDB capacity units consumed; absent for everything else. */
  readonly units?: number;
}
export type OperationCounts = Readonly<Record<string, OperationCount>>;

export interface CountersSnapshot {
  readonly since: string;
  /** Caller → `service.operation` → count. */
  readonly byPrincipal: Readonly<Record<string, OperationCounts>>;
  readonly totals: OperationCounts;
  /** State transitions of the workflow engine, as billed. */
  readonly transitions: number;
  readonly lambdaInvocations: Readonly<Record<string, number>>;
}

export interface Counters {
  readonly request: (principal: string, operation: string, units?: number) => void;
  readonly transition: (count?: number) => void;
  readonly invocation: (functionName: string) => void;
  readonly snapshot: () => CountersSnapshot;
  readonly reset: () => void;
}

type Tally = Map<string, { count: number; units?: number }>;

const add = (tally: Tally, operation: string, units: number | undefined): void => {
  const entry = tally.get(operation) ?? { count: 0 };
  entry.count += 1;
  if (units !== undefined) entry.units = (entry.units ?? 0) + units;
  tally.set(operation, entry);
};

/** `now` is the wall clock: counting is about the present run, whatever time the cloud believes it is. */
export const makeCounters = (now: () => Date = () => new Date()): Counters => {
  const byPrincipal = new Map<string, Tally>();
  const totals: Tally = new Map();
  const invocations = new Map<string, number>();
  let since = now();
  let transitions = 0;
  return {
    request: (principal, operation, units) => {
      const tally: Tally = byPrincipal.get(principal) ?? new Map();
      byPrincipal.set(principal, tally);
      add(tally, operation, units);
      add(totals, operation, units);
    },
    transition: (count = 1) => {
      transitions += count;
    },
    invocation: (functionName) => {
      invocations.set(functionName, (invocations.get(functionName) ?? 0) + 1);
    },
    snapshot: () => ({
      since: since.toISOString(),
      byPrincipal: Object.fromEntries([...byPrincipal].map(([principal, tally]) => [principal, Object.fromEntries(tally)])),
      totals: Object.fromEntries(totals),
      transitions,
      lambdaInvocations: Object.fromEntries(invocations),
    }),
    reset: () => {
      byPrincipal.clear();
      totals.clear();
      invocations.clear();
      transitions = 0;
      since = now();
    },
  };
};
