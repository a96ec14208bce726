import type { Verdict } from './run-case.ts';

export interface Tally {
  readonly cases: number;
  readonly converged: number;
  /** How the jobs ended. */
  readonly states: Readonly<Record<string, number>>;
}

/** A case counts when its call was made, so that its fault did happen; it converged when every invariant holds. */
export interface Report extends Tally {
  readonly byWorkflow: Readonly<Record<string, Tally>>;
  readonly byFault: Readonly<Record<string, Tally>>;
  /** workflow → fault → cases. */
  readonly matrix: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly seed: number;
  readonly seconds: number;
  /** Cases whose call was not made this time; they are not counted. */
  readonly notReached: readonly string[];
  readonly failures: readonly Verdict[];
}

const tallyOf = (verdicts: readonly Verdict[]): Tally => ({
  cases: verdicts.length,
  converged: verdicts.filter(({ findings }) => findings.length === 0).length,
  states: countBy(verdicts, ({ state }) => state ?? 'no job'),
});

const countBy = <T>(all: readonly T[], keyOf: (one: T) => string): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(all, keyOf)].map(([key, some]) => [key, some.length]));

const workflowOf = ({ id }: Verdict): string => id.split('/')[0] ?? '';
const faultOf = ({ id }: Verdict): string => id.split('/').at(-1) ?? '';

const talliesBy = (verdicts: readonly Verdict[], keyOf: (verdict: Verdict) => string): Readonly<Record<string, Tally>> =>
  Object.fromEntries([...Map.groupBy(verdicts, keyOf)].map(([key, some]) => [key, tallyOf(some)]));

export const reportOf = (all: readonly Verdict[], { seed, seconds }: Pick<Report, 'seed' | 'seconds'>): Report => {
  const verdicts = all.filter(({ reached, findings }) => reached || findings.length > 0);
  return {
    ...tallyOf(verdicts),
    byWorkflow: talliesBy(verdicts, workflowOf),
    byFault: talliesBy(verdicts, faultOf),
    matrix: Object.fromEntries([...Map.groupBy(verdicts, workflowOf)].map(([name, some]) => [name, countBy(some, faultOf)])),
    seed,
    seconds,
    notReached: all.filter(({ reached }) => !reached).map(({ id }) => id),
    failures: verdicts.filter(({ findings }) => findings.length > 0),
  };
};

/** workflow × fault → cases, and how many converged. */
export const table = ({ matrix, byWorkflow, cases, converged, seconds, notReached, states }: Report): string => {
  const faults = [...new Set(Object.values(matrix).flatMap((row) => Object.keys(row)))].sort();
  const rows = [
    ['workflow', ...faults, 'cases', 'converged', 'ends'],
    ...Object.entries(matrix).map(([name, row]) => {
      const tally = byWorkflow[name];
      return [
        name,
        ...faults.map((fault) => String(row[fault] ?? '')),
        String(tally?.cases),
        String(tally?.converged),
        endsOf(tally?.states),
      ];
    }),
    [
      'all',
      ...faults.map((fault) => String(Object.values(matrix).reduce((sum, row) => sum + (row[fault] ?? 0), 0))),
      String(cases),
      String(converged),
      endsOf(states),
    ],
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  );
  return `${lines.join('\n')}\n${seconds} s; ${notReached.length} cases more did not meet their call and are not counted`;
};

const endsOf = (states: Tally['states'] = {}): string =>
  Object.entries(states)
    .map(([state, count]) => `${state} ${count}`)
    .join(', ');
