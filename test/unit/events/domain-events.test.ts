import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { commitWrites } from '../../../contexts/module-registry/adapters/job-items.ts';
import {
  beginRollback,
  beginValidating,
  beginWork,
  complete,
  evolve,
  fail,
  isAboutModules,
  type Job,
  type JobEvent,
  type JobKind,
  jobKinds,
  needIntervention,
  onlyReads,
  requestJob,
  takeOver,
  turnForward,
  wait,
} from '../../../contexts/module-registry/domain/job.ts';
import { cancel, retry, settle } from '../../../contexts/module-registry/domain/job-by-hand.ts';
import { auditEventOf } from '../../../contexts/shared/adapters/audit-item.ts';
import type { Refusal } from '../../../contexts/shared/domain/errors.ts';
import { domainEvents } from '../../../functions/events/domain-events.ts';
import { eventsDocument } from '../../../scripts/events-document.ts';

const schemas = new Map(domainEvents.map(({ name, schema }) => [name, schema]));

const at = new Date('2026-01-01T00:00:00.000Z');
const timing = { at, leaseSeconds: 120 };
const cause = { reason: 'step-failed', error: { name: 'Defect', message: 'it broke', facts: { sqlState: '42P07' } } };
const by = { fence: 7, actor: 'ada' };

/** All that can be decided about a job, by its steps, the reconciler and persons. */
const decisions: readonly ((job: Job) => readonly JobEvent[] | Refusal)[] = [
  (job) => beginValidating(job, timing),
  (job) => (isAboutModules(job.kind) ? wait(job, { reason: 'absent', message: 'it is absent', nextTryAt: at }, timing) : []),
  (job) => beginWork(job, timing),
  (job) => complete(job, timing),
  (job) => beginRollback(job, cause, timing),
  (job) => (isAboutModules(job.kind) && job.state === 'RollingBack' ? turnForward(job, timing) : []),
  (job) => fail(job, cause, timing),
  (job) => needIntervention(job, cause.error, timing),
  (job) => takeOver(job, by, timing),
  (job) => takeOver({ ...job, attemptsLeft: 0 }, by, timing),
  (job) => cancel(job, by, timing),
  (job) => retry(job, by, timing),
  (job) => settle(job, { as: 'done', actor: 'ada' }, timing),
  (job) => settle(job, { as: 'undone', actor: 'ada' }, timing),
];

/** The life of a job of a kind in all its turns: each event it may tell of, as it is stored. */
const lifeOf = (kind: JobKind): readonly Readonly<Record<string, unknown>>[] => {
  const modules = isAboutModules(kind)
    ? [{ module: 'finance', from: '1.0.0', to: null, why: 'requested', change: 'uninstall' as const, migratorArn: 'arn' }]
    : [];
  const period = onlyReads(kind) ? { report: { from: at.toISOString(), to: at.toISOString(), format: 'csv' as const } } : {};
  const request = { id: ulid(), kind, tenantId: ulid(), tenantSlug: 'acme', modules, requested: modules.map(({ module }) => module) };
  const first = requestJob({ ...request, fence: 1, requestedBy: 'ada', attemptsMax: 3, ...period }, timing);
  const stored: Readonly<Record<string, unknown>>[] = [];
  const met = new Set<string>();
  const follow = (job: Job, events: readonly JobEvent[]): void => {
    for (const write of commitWrites({ job, events, tenantModules: [] }, ulid))
      if ('Put' in write && write.Put.Item?.['type'] === 'AuditEvent') stored.push({ ...auditEventOf(write.Put.Item) });
    const { state, reason, forwardOnly, waiting, undoneFor } = job;
    const place = JSON.stringify([state, reason, forwardOnly, waiting !== undefined, undoneFor?.reason]);
    if (met.has(place)) return;
    met.add(place);
    for (const decide of decisions) {
      const said = decide(job);
      if (Array.isArray(said) && said.length > 0) follow((said as readonly JobEvent[]).reduce(evolve, job), said);
    }
  };
  follow(first.job, first.events);
  return stored;
};

describe.each(jobKinds)('The events of a job: %s', (kind) => {
  const told = lifeOf(kind);

  test('are all in the list, with the fields that they have', () => {
    for (const event of told)
      expect([event['name'], schemas.get(String(event['name']))?.safeParse(event).error]).toEqual([event['name'], undefined]);
  });

  test('are all that the list has of it', () => {
    const listed = domainEvents.filter(({ group }) => group === kind).map(({ name }) => name);
    expect(listed.toSorted()).toEqual([...new Set(told.map(({ name }) => String(name)))].toSorted());
  });
});

describe('The list of events', () => {
  test('has every name that the code tells of: a word for what happened to a module, a tenant or a subscription', () => {
    const files = globSync('{contexts,functions}/**/*.ts', { exclude: ['functions/events/domain-events.ts'] });
    const told = files.flatMap(
      (file) => readFileSync(file, 'utf8').match(/(?<=')(?:Module|Tenant|Subscription|Platform)[A-Z][A-Za-z]*ed(?=')/g) ?? [],
    );
    expect([...new Set(told)].filter((name) => !schemas.has(name))).toEqual([]);
    expect(told).toContain('TenantSubscribed');
  });

  test('has each name once', () => {
    expect(schemas.size).toBe(domainEvents.length);
  });

  test('takes no event that has another field, or lacks one', () => {
    const event = { id: ulid(), sequence: 1, name: 'TenantSubscribed', aggregate: 'SUBSCRIPTION#t', actor: 'ada', at: at.toISOString() };
    const schema = schemas.get('TenantSubscribed');
    const whole = { ...event, tenantId: ulid(), module: 'finance' };
    expect([whole, event, { ...whole, email: 'ada@example.com' }].map((one) => schema?.safeParse(one).success)).toEqual([
      true,
      false,
      false,
    ]);
  });

  test('is what docs/events.md shows: else run node scripts/events.ts', () => {
    expect(readFileSync('docs/events.md', 'utf8')).toBe(eventsDocument());
  });
});
