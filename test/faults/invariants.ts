import { setTimeout as sleep } from 'node:timers/promises';
import type { Snapshot } from '../support/tenant-databases.ts';
import type { Item } from './registry-reader.ts';
import type { Stage } from './stage.ts';

/** What must hold after every case, whatever went wrong in it: each as a sentence, with what was found instead. */
export interface Finding {
  readonly invariant: string;
  readonly found: string;
}

export interface Party {
  readonly slug: string;
  readonly id: string;
}

/** What a case starts from. */
export interface Scene {
  readonly subject: Party;
  /** Another tenant, which nothing of the case may touch. */
  readonly witness: Party;
  readonly module?: string;
  /** How the tenant has its modules before the job, and after it when all goes well; a module that is not named is absent. */
  readonly modules?: { readonly before: ModulesAre; readonly planned: ModulesAre };
  /** The tenant's database before the job, and after it when all goes well; absent where there is none. */
  readonly before?: Snapshot;
  readonly planned?: Snapshot;
  readonly witnessBefore: readonly string[];
  /** Absent where the workflow itself says what must be there. */
  readonly rolesBefore?: readonly string[];
  readonly databasesBefore?: readonly string[];
  readonly jobsBefore: readonly string[];
}

/** e.g. `Active 1.0.0`, or `Archived`. */
export type ModulesAre = Readonly<Record<string, string>>;

export interface Ended {
  readonly stage: Stage;
  readonly scene: Scene;
  readonly jobId: string;
  readonly mayEnd: readonly string[];
}

type Invariant = (ended: Ended, job: Item) => Promise<readonly string[]>;

/** Whether the job has done what it was asked for. */
const isDone = ({ state }: Item): boolean => !['Failed', 'Cancelled', 'ManualIntervention'].includes(String(state));

const says = (condition: boolean, found: string): readonly string[] => (condition ? [] : [found]);

/** The sentences, in the order in which docs/reliability.md explains them. */
export const invariants: Readonly<Record<string, Invariant>> = {
  'every job ends, and as it may': async ({ mayEnd }, job) =>
    says(mayEnd.includes(String(job['state'])), `the job is ${String(job['state'])}`),

  'asking again makes no second job': async ({ stage, scene, jobId }) => {
    const jobs = (await stage.registry.jobs(scene.subject.id)).map(({ id }) => String(id)).filter((id) => !scene.jobsBefore.includes(id));
    return says(
      jobs.every((id) => id === jobId),
      `jobs ${jobs.join(', ')}`,
    );
  },

  'the job and its last audit event agree, and the trail has no gap and no duplicate': async ({ stage, jobId }, job) => {
    const events = await stage.registry.events(`JOB#${jobId}`);
    const sequences = events.map(({ sequence }) => Number(sequence));
    const last = events.at(-1);
    return [
      ...says(last?.['to'] === job['state'], `the last event says ${String(last?.['to'])}, the job ${String(job['state'])}`),
      ...says(
        sequences.every((sequence, index) => sequence === index + 1),
        `sequences ${sequences.join(', ')}`,
      ),
      ...says(job['sequence'] === sequences.length, `the job counts ${String(job['sequence'])} events, there are ${sequences.length}`),
      ...says(new Set(events.map(({ id }) => id)).size === events.length, 'two events have one id'),
    ];
  },

  'the tenant’s modules agree with the job': async ({ stage, scene, jobId }, job) => {
    if (scene.modules === undefined) return [];
    const items = await stage.registry.tenantModules(scene.subject.id);
    if (job['state'] === 'ManualIntervention')
      return says(
        items.every((item) => item['status'] === 'ManualIntervention' && item['jobId'] === jobId),
        JSON.stringify(items),
      );
    const wanted = isDone(job) ? scene.modules.planned : scene.modules.before;
    const now = Object.fromEntries(
      items.map((item) => [String(item['module']), [item['status'], item['version']].filter(Boolean).join(' ')]),
    );
    return [
      ...says(JSON.stringify(sorted(now)) === JSON.stringify(sorted(wanted)), JSON.stringify(now)),
      ...says(
        items.every((item) => item['jobId'] === undefined),
        `a module is still in a job’s hands: ${JSON.stringify(items)}`,
      ),
    ];
  },

  'what is used of the subscription is what the tenant has': async ({ stage, scene }) => {
    const uses = (await stage.registry.partition(`SUBSCRIPTION#${scene.subject.id}`)).filter(({ sk }) => String(sk).startsWith('USE#'));
    const items = await stage.registry.tenantModules(scene.subject.id);
    const named = (wanted: readonly Item[]): string =>
      wanted
        .map((item) => String(item['module']))
        .toSorted()
        .join();
    // what needs intervention keeps what it reserved, and what it did not
    const settled = items.filter((item) => item['status'] !== 'ManualIntervention');
    const left = uses.filter((use) => !items.some((item) => item['module'] === use['module'] && item['status'] === 'ManualIntervention'));
    const captured = left.filter((use) => use['status'] === 'captured');
    return says(
      named(left) === named(captured) && named(captured) === named(settled.filter((item) => item['status'] === 'Active')),
      `used: ${JSON.stringify(uses)}`,
    );
  },

  'the tenant database is as planned or as before, with the same rows': async ({ stage, scene }, job) => {
    const wanted = isDone(job) ? scene.planned : scene.before;
    if (wanted === undefined || job['state'] === 'ManualIntervention') return [];
    const now = await stage.databases.snapshot(scene.subject.slug, { idsAside: true });
    return [
      ...says(now.fingerprint === wanted.fingerprint, `another schema than ${isDone(job) ? 'planned' : 'before'}`),
      ...says(JSON.stringify(now.rowCounts) === JSON.stringify(wanted.rowCounts), `rows ${JSON.stringify(now.rowCounts)}`),
    ];
  },

  'no role, database, lock or open transaction is left': async ({ stage, scene }) => {
    const { roles, databases } = await clusterOf(stage);
    const { rolesBefore = roles, databasesBefore = databases } = scene;
    return [
      ...says(same(roles, rolesBefore), `roles ${missing(roles, rolesBefore)}`),
      ...says(same(databases, databasesBefore), `databases ${missing(databases, databasesBefore)}`),
      ...(await openTransactions(stage)),
    ];
  },

  'no execution is left running': async ({ stage, jobId }) => {
    const running = await stage.runningExecutions();
    return says(!running.some((name) => name.startsWith(jobId)), `running: ${running.join(', ')}`);
  },

  'the landlord schema is at the highest version that was applied': async ({ stage, scene }, job) => {
    const { module } = scene;
    if (module === undefined) return [];
    const recorded = Number((await stage.registry.module(module))?.['landlordMigration'] ?? 0);
    const [ledger] = await stage.postgres.query('landlord', 'SELECT to_regclass($1) IS NOT NULL AS stands', [`${module}._ledger`]);
    const [top] =
      ledger?.['stands'] === true
        ? await stage.postgres.query('landlord', `SELECT coalesce(max(number), 0) AS number FROM "${module}"._ledger WHERE applied`)
        : [{ number: 0 }];
    const applied = Number(top?.['number']);
    // work done by an attempt that was then lost may stand unrecorded: the next install finds it
    return says(isDone(job) ? applied === recorded : applied >= recorded, `recorded ${recorded}, applied ${applied}`);
  },

  'each event of the trail reached the bus, and no other': async ({ stage, jobId }) => {
    const events = await stage.registry.events(`JOB#${jobId}`);
    const stored = new Set(events.map(({ id }) => String(id)));
    const heard = new Set(
      stage
        .heard()
        .filter(({ aggregate }) => aggregate === `JOB#${jobId}`)
        .map(({ id }) => id),
    );
    return [
      ...says(
        [...stored].every((id) => heard.has(id)),
        `${[...stored].filter((id) => !heard.has(id)).length} events were not published`,
      ),
      ...says(
        [...heard].every((id) => stored.has(id)),
        'an event was published for what was not stored',
      ),
      ...says(
        events.every((event) => event['gsi1pk'] === undefined),
        'an event is not marked published',
      ),
    ];
  },

  'every other tenant is untouched': async ({ stage, scene }) => changesOf(scene.witnessBefore, await portrait(stage, scene.witness)),
};

/** Everything that the registry and the cluster know of a tenant, a line for each item. */
export const portrait = async (stage: Stage, { slug, id }: Party): Promise<readonly string[]> => [
  ...(await stage.registry.partition(`TENANT#${id}`)).map((item) => JSON.stringify(sorted(item))),
  JSON.stringify(await stage.databases.snapshot(slug)),
];

const changesOf = (before: readonly string[], now: readonly string[]): readonly string[] => [
  ...before.filter((line) => !now.includes(line)).map((line) => `it had ${line}`),
  ...now.filter((line) => !before.includes(line)).map((line) => `it has ${line}`),
];

/** The table answers attributes in any order, those inside of others too. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
};

export const clusterOf = async (stage: Stage): Promise<{ readonly roles: readonly string[]; readonly databases: readonly string[] }> => {
  const names = async (sql: string): Promise<readonly string[]> =>
    (await stage.postgres.query('postgres', sql)).map(({ name }) => String(name));
  return {
    roles: await names(`SELECT rolname::text AS name FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1`),
    databases: await names('SELECT datname::text AS name FROM pg_database ORDER BY 1'),
  };
};

const same = (a: readonly string[], b: readonly string[]): boolean => a.join() === b.join();

const missing = (now: readonly string[], before: readonly string[]): string =>
  [
    ...now.filter((name) => !before.includes(name)).map((name) => `+${name}`),
    ...before.filter((name) => !now.includes(name)).map((name) => `-${name}`),
  ].join(' ');

const looksMax = 20;

/** Transactions of dead workers end by their time limit: they are given the moment that it takes. */
const openTransactions = async (stage: Stage): Promise<readonly string[]> => {
  for (let look = 0; look < looksMax; look += 1) {
    const open = await stage.postgres.query(
      'postgres',
      `SELECT datname, state, left(query, 60) AS query FROM pg_stat_activity
       WHERE application_name = 'rds-data' AND (state LIKE 'idle in transaction%' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))`,
    );
    if (open.length === 0) return [];
    await sleep(100);
    if (look === looksMax - 1) return [`open: ${JSON.stringify(open)}`];
  }
  return [];
};

/** Every invariant that does not hold. */
export const check = async (ended: Ended): Promise<readonly Finding[]> => {
  const job = await ended.stage.registry.job(ended.jobId);
  if (!job) return [{ invariant: 'every job ends, and as it may', found: `there is no job ${ended.jobId}` }];
  const findings: Finding[] = [];
  for (const [invariant, holds] of Object.entries(invariants))
    findings.push(...(await holds(ended, job)).map((found) => ({ invariant, found })));
  return findings;
};
