import * as semver from 'semver';

/**
 * What is counted: flows (how many installs ended how, on which day, and why they failed) and the fleet (how many tenants have
 * which version, in which state). Flows come from events, each counted once; the fleet follows what each tenant module was last.
 */

// ---- what happened

export type Outcome = 'done' | 'failed' | 'stuck' | 'cancelled';

/** One module of a job's plan; `from` is null where it was not there, `to` where it is not any more. */
export interface PlannedChange {
  readonly module: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** A job about modules that has come to an end, as one event says. */
export interface EndedJob {
  readonly eventId: string;
  readonly at: Date;
  readonly kind: string;
  readonly outcome: Outcome;
  readonly reason?: string;
  readonly changes: readonly PlannedChange[];
}

/** A module as one tenant has it, or has it in its archive; `version` is null while a first install or a restore is under way. */
export interface Standing {
  readonly tenantId: string;
  readonly module: string;
  readonly version: string | null;
  readonly status: string;
}

// ---- what is counted

export type TallyName =
  | { readonly of: 'day'; readonly day: string; readonly module: string; readonly flow: string; readonly outcome: Outcome }
  | { readonly of: 'reason'; readonly day: string; readonly flow: string; readonly reason: string }
  | { readonly of: 'fleet'; readonly module: string; readonly version: string | null; readonly status: string };

export interface Tally {
  readonly name: TallyName;
  readonly by: number;
}

/** The UTC day, `2026-01-31`. */
export const dayOf = (at: Date): string => at.toISOString().slice(0, 10);

/** What a job's end adds: one for each module, and one for the reason where it did not go well. */
export const talliesOf = ({ at, kind, outcome, reason, changes }: EndedJob): readonly Tally[] => {
  const day = dayOf(at);
  const ended = changes.map(
    (change): Tally => ({ name: { of: 'day', day, module: change.module, flow: flowOf(kind, change), outcome }, by: 1 }),
  );
  const failed = outcome === 'failed' || outcome === 'stuck';
  return failed ? [...ended, { name: { of: 'reason', day, flow: kind, reason: reason ?? 'unknown' }, by: 1 }] : ended;
};

/** A job's plan may hold changes of other kinds than its own: an install may bring an upgrade of what it needs. */
const flowOf = (kind: string, { from, to }: PlannedChange): string => {
  if (kind === 'restore' || kind === 'purge') return kind;
  if (from === null) return 'install';
  if (to === null) return 'uninstall';
  return semver.lt(to, from) ? 'downgrade' : 'upgrade';
};

/** What a tenant module's change means for the fleet; nothing where it is as it was seen last. */
export const fleetMoves = (before: Standing | undefined, after: Standing | undefined): readonly Tally[] => {
  if (before?.version === after?.version && before?.status === after?.status) return [];
  return [...(before ? [inFleet(before, -1)] : []), ...(after ? [inFleet(after, 1)] : [])];
};

const inFleet = ({ module, version, status }: Standing, by: number): Tally => ({ name: { of: 'fleet', module, version, status }, by });

/** One tally for each name; those that come to nothing are left out. */
export const summed = (tallies: readonly Tally[]): readonly Tally[] => {
  const sums = new Map<string, Tally>();
  for (const { name, by } of tallies) {
    const key = JSON.stringify(name);
    sums.set(key, { name, by: (sums.get(key)?.by ?? 0) + by });
  }
  return [...sums.values()].filter(({ by }) => by !== 0);
};
