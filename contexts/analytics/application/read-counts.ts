import type { Clock } from '../../shared/domain/clock.ts';
import { Malformed } from '../../shared/domain/errors.ts';
import { dayOf, type Outcome } from '../domain/tally.ts';
import type { Counts, Period } from './ports.ts';

/** A period as it is asked for: the last 30 days unless it says otherwise. */
export interface AskedPeriod {
  readonly from?: string;
  readonly to?: string;
}

const dayMilliseconds = 86_400_000;
const daysByDefault = 30;
const daysMax = 92;

/** Rejects with `Malformed` when it ends before it begins or is too long. */
export const periodOf = ({ from, to }: AskedPeriod, { now }: Clock): Period => {
  const last = to ?? dayOf(now());
  const first = from ?? dayOf(new Date(Date.parse(last) - (daysByDefault - 1) * dayMilliseconds));
  const days = (Date.parse(last) - Date.parse(first)) / dayMilliseconds + 1;
  if (days < 1) throw new Malformed(`the period ends before it begins`, [{ field: 'from', message: `must not be after ${last}` }]);
  if (days > daysMax)
    throw new Malformed(`a period has at most ${daysMax} days`, [
      { field: 'from', message: `this period has ${days}: ask for it in parts` },
    ]);
  return { from: first, to: last };
};

export interface ReadingPorts {
  readonly counts: Counts;
  readonly clock: Clock;
}

export interface DayCounts {
  readonly day: string;
  /** Outcome → flow → how many. */
  readonly counts: Readonly<Partial<Record<Outcome, Readonly<Record<string, number>>>>>;
}

/** How many modules were installed, upgraded, removed … on each day of the period, and how that ended; of one module or of all. */
export const makeReadDays =
  ({ counts, clock }: ReadingPorts) =>
  async ({ module, ...asked }: AskedPeriod & { readonly module?: string }): Promise<readonly DayCounts[]> => {
    const counted = (await counts.days(periodOf(asked, clock))).filter((one) => module === undefined || one.module === module);
    const days = new Map<string, Record<string, Record<string, number>>>();
    for (const { day, outcome, flow, count } of counted) {
      const ofDay = days.get(day) ?? {};
      const ofOutcome = ofDay[outcome] ?? {};
      days.set(day, { ...ofDay, [outcome]: { ...ofOutcome, [flow]: (ofOutcome[flow] ?? 0) + count } });
    }
    return [...days].map(([day, byOutcome]) => ({ day, counts: byOutcome }));
  };

export interface FailureCount {
  readonly flow: string;
  readonly reason: string;
  readonly count: number;
}

/** Why jobs failed in the period, the most frequent reason first. */
export const makeReadFailures =
  ({ counts, clock }: ReadingPorts) =>
  async (asked: AskedPeriod): Promise<readonly FailureCount[]> => {
    const sums = new Map<string, FailureCount>();
    for (const { flow, reason, count } of await counts.reasons(periodOf(asked, clock)))
      sums.set(`${flow} ${reason}`, { flow, reason, count: (sums.get(`${flow} ${reason}`)?.count ?? 0) + count });
    return [...sums.values()].toSorted((a, b) => b.count - a.count || (`${a.flow} ${a.reason}` < `${b.flow} ${b.reason}` ? -1 : 1));
  };

export interface FleetVersion {
  /** null: a first install or a restore is under way. */
  readonly version: string | null;
  /** Tenant module status → tenants. */
  readonly tenants: Readonly<Record<string, number>>;
}

export interface FleetModule {
  readonly module: string;
  /** Tenants for whom a version of it works. */
  readonly tenants: number;
  readonly versions: readonly FleetVersion[];
}

const working: ReadonlySet<string> = new Set(['Active', 'Changing']);

/** Who runs what: each module with the versions that tenants have. */
export const makeReadFleet = (counts: Pick<Counts, 'fleet'>) => async (): Promise<readonly FleetModule[]> => {
  const modules = Map.groupBy(await counts.fleet(), ({ module }) => module);
  return [...modules].map(([module, counted]) => ({
    module,
    tenants: counted.reduce((sum, { version, status, count }) => sum + (version !== null && working.has(status) ? count : 0), 0),
    versions: [...Map.groupBy(counted, ({ version }) => version)].map(([version, statuses]) => ({
      version,
      tenants: Object.fromEntries(statuses.map(({ status, count }) => [status, count])),
    })),
  }));
};

export interface RankedModule extends FleetModule {
  /** Installs that ended well in the period. */
  readonly installs: number;
}

/** The modules by how many tenants have them now, then by how often they were installed in the period. */
export const makeRankModules =
  ({ counts, clock }: ReadingPorts) =>
  async (asked: AskedPeriod): Promise<readonly RankedModule[]> => {
    const [fleet, days] = await Promise.all([makeReadFleet(counts)(), counts.days(periodOf(asked, clock))]);
    const installs = new Map<string, number>();
    for (const { module, flow, outcome, count } of days)
      if (flow === 'install' && outcome === 'done') installs.set(module, (installs.get(module) ?? 0) + count);
    const known = new Map(fleet.map((one) => [one.module, one]));
    const names = new Set([...known.keys(), ...installs.keys()]);
    return [...names]
      .map((module) => ({ ...(known.get(module) ?? { module, tenants: 0, versions: [] }), installs: installs.get(module) ?? 0 }))
      .toSorted((a, b) => b.tenants - a.tenants || b.installs - a.installs || (a.module < b.module ? -1 : 1));
  };
