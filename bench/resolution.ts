import { type ChangeRequest, resolve, type Standing, type Universe } from '../contexts/module-registry/domain/resolution/resolve.ts';
import { percentile } from './measure.ts';
import { allDifferent, at, chain, lateDeadEnd, makeRandom, randomConflicts, realistic, tower } from './resolution-graphs.ts';

/** Each request is measured so often, and its fastest time counts: the others tell of what else the machine did. */
const times = 3;

/** What one kind of request takes, and what became of the requests. */
export interface ResolutionTimes {
  readonly name: string;
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly plans: number;
  readonly refusals: Readonly<Record<string, number>>;
}

interface Question {
  readonly universe: Universe;
  readonly request: ChangeRequest;
}

const measure = (name: string, questions: readonly Question[]): ResolutionTimes => {
  const answers = questions.map(({ universe, request }) => {
    let ms = Number.POSITIVE_INFINITY;
    for (let time = 0; time < times; time += 1) {
      const startedAt = performance.now();
      resolve(universe, request);
      ms = Math.min(ms, performance.now() - startedAt);
    }
    return { answer: resolve(universe, request), ms };
  });
  const samples = answers.map(({ ms }) => ms);
  const reasons = answers.flatMap(({ answer }) => ('reason' in answer ? [answer.reason] : []));
  const refusals = Object.fromEntries([...new Set(reasons)].map((reason) => [reason, reasons.filter((one) => one === reason).length]));
  const plans = answers.length - reasons.length;
  return { name, requests: samples.length, p50Ms: percentile(samples, 50), p99Ms: percentile(samples, 99), plans, refusals };
};

const first = 'module_0000';

const repeated = (requests: number, question: Question): readonly Question[] => Array.from({ length: requests }, () => question);

/** A tenant with modules at random and all that they need, each in the last version of the third major. */
const tenantWith = (modules: number, offers: Universe['offers'], random: () => number): readonly Standing[] => {
  const names = [...offers.keys()];
  const standing = new Set<string>();
  while (standing.size < modules) {
    standing.add(names[Math.floor(random() * names.length)] ?? first);
    for (const module of standing)
      for (const { module: needed } of offers.get(module)?.find(({ version }) => version === '3.4.0')?.dependencies ?? [])
        standing.add(needed);
  }
  return [...standing].map((module) => ({ module, version: '3.4.0' }));
};

const requestAtRandom = (offers: Universe['offers'], standing: readonly Standing[], random: () => number): ChangeRequest => {
  const chance = random();
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const there = pick(standing)?.module ?? '';
  const fresh = pick([...offers.keys()].filter((module) => !standing.some((one) => one.module === module))) ?? '';
  if (chance < 0.5) return { kind: 'install', modules: [chance < 0.25 ? { module: fresh } : { module: fresh, range: '^4.0' }] };
  if (chance < 0.8) return { kind: 'upgrade', modules: [{ module: there, ...(chance < 0.65 ? {} : { range: '^4.0' }) }] };
  if (chance < 0.9) return { kind: 'downgrade', modules: [{ module: there, range: '<3.0.0' }] };
  return { kind: 'uninstall', modules: [{ module: there }] };
};

const mixedRequests = (name: string, modules: number, requests: number): ResolutionTimes => {
  const random = makeRandom(modules);
  const offers = realistic();
  const standing = tenantWith(modules, offers, random);
  const questions = Array.from({ length: requests }, () => ({
    universe: { offers, standing, at },
    request: requestAtRandom(offers, standing, random),
  }));
  return measure(`${name} (${standing.length} installed)`, questions);
};

const installing = (module: string, offers: Universe['offers'], standing: readonly Standing[] = []): Question => ({
  universe: { offers, standing, at },
  request: { kind: 'install', modules: [{ module }] },
});

/** Realistic: requests at random to a catalog of 1,000 modules in 20 versions each. The others are made to be hard. */
export const measureResolution = (): readonly ResolutionTimes[] => {
  mixedRequests('warm-up', 30, 200);
  const high = tower(30);
  return [
    mixedRequests('realistic, a tenant', 30, 500),
    mixedRequests('realistic, a large tenant', 100, 300),
    mixedRequests('realistic, a very large tenant', 300, 100),
    measure('a chain of 40', repeated(50, installing(first, chain(40)))),
    measure('a chain of 1,000', repeated(20, installing(first, chain(1_000)))),
    measure(
      'a chain of 1,000, its end missing',
      repeated(20, installing(first, chain(1_000, [{ module: 'nowhere', range: '*', optional: false }]))),
    ),
    measure('40 modules, the dead end 8 layers down', repeated(50, installing(first, lateDeadEnd(8)))),
    measure('1,000 modules, the dead end 200 layers down', repeated(20, installing(first, lateDeadEnd(200)))),
    measure('30 installed that must all move', repeated(20, installing('roof', high.offers, high.standing))),
    measure('20 modules, no two alike, 20 versions', repeated(50, installing('all', allDifferent(20, 20)))),
    measure('8 modules, no two alike, 7 versions', repeated(20, installing('all', allDifferent(8, 7)))),
    measure('21 modules, no two alike, 20 versions', repeated(20, installing('all', allDifferent(21, 20)))),
    measure('60 modules, 20,000 random conflicts', repeated(20, installing('all', randomConflicts(60, 20_000)))),
  ];
};

const resultOf = ({ plans, refusals }: ResolutionTimes): string =>
  [...(plans > 0 ? [`${plans} plans`] : []), ...Object.entries(refusals).map(([reason, times]) => `${times} ${reason}`)].join(', ');

/** The worst p99, which must stay below 100 ms. */
export const slowest = (rows: readonly ResolutionTimes[]): number => Math.max(...rows.map(({ p99Ms }) => p99Ms));

const print = (rows: readonly ResolutionTimes[]): void => {
  console.log(`${'Resolution'.padEnd(56)} ${'p50 ms'.padStart(8)} ${'p99 ms'.padStart(8)}`);
  for (const row of rows)
    console.log(`${row.name.padEnd(56)} ${row.p50Ms.toFixed(2).padStart(8)} ${row.p99Ms.toFixed(2).padStart(8)}  ${resultOf(row)}`);
};

if (import.meta.main) print(measureResolution());
