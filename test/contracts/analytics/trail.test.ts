import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { Trail } from '../../../contexts/analytics/application/ports.ts';
import { makeDynamoTrail } from '../../../contexts/analytics/index.ts';
import { auditEventPut } from '../../../contexts/shared/adapters/audit-item.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { makeMemoryAudit } from '../../support/memory-audit.ts';
import { startRegistryTable } from '../registry-table.ts';

const second = (number: number): Date => new Date(Date.UTC(2026, 0, 1, 0, 0, number));
const ever = { from: second(0), to: second(3_600) };

const anEvent = (number: number, tenantId: string | undefined, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: ulid(second(number).getTime()),
  sequence: 1,
  name: 'ModuleUpgraded',
  aggregate: `JOB#${ulid()}`,
  ...(tenantId === undefined ? {} : { tenantId }),
  actor: 'ada',
  at: second(number).toISOString(),
  facts: { kind: 'upgrade', modules: { finance: { from: '1.0.0', to: '2.0.0' } } },
  ...more,
});

const describeTrail = (name: string, make: (events: readonly AuditEvent[]) => Promise<Trail>): void => {
  describe(`The trail ${name}`, () => {
    test('answers the events of a tenant as they were stored, newest first, and of no other', async () => {
      const tenantId = ulid();
      const events = [1, 3, 2].map((number) => anEvent(number, tenantId));
      const trail = await make([...events, anEvent(2, ulid()), anEvent(2, undefined)]);
      const newestFirst = events.toSorted((a, b) => (a.at < b.at ? 1 : -1));
      expect(await trail.before({ tenantId }, ever, 99)).toEqual(newestFirst);
      expect(await trail.before({ tenantId }, ever, 2)).toEqual(newestFirst.slice(0, 2));
    });

    test('of the platform has the events that belong to no tenant', async () => {
      const [its, other] = [anEvent(1, undefined), anEvent(1, ulid())];
      const ids = (await (await make([its, other])).before('platform', ever, 99)).map(({ id }) => id);
      expect([ids.includes(its.id), ids.includes(other.id)]).toEqual([true, false]);
    });

    test('of a period has its first instant and not its last', async () => {
      const tenantId = ulid();
      const events = [1, 2, 3, 4].map((number) => anEvent(number, tenantId));
      const found = await (await make(events)).before({ tenantId }, { from: second(2), to: second(4) }, 99);
      expect(found).toEqual([events[2], events[1]]);
    });

    test('goes on after a position, also among events of the same instant', async () => {
      const tenantId = ulid();
      const events = Array.from({ length: 4 }, () => anEvent(5, tenantId)).toSorted((a, b) => (a.id < b.id ? 1 : -1));
      const trail = await make([anEvent(6, tenantId), ...events, anEvent(4, tenantId)]);
      const [, position] = events;
      if (!position) throw new Error('there are four');
      expect(await trail.before({ tenantId }, { ...ever, position }, 2)).toEqual(events.slice(2));
    });

    test('is read from its beginning too: page by page, each event once', async () => {
      const tenantId = ulid();
      const events = [anEvent(1, tenantId), ...Array.from({ length: 5 }, () => anEvent(5, tenantId)), anEvent(8, tenantId)];
      const oldestFirst = events.toSorted((a, b) => (`${a.at}#${a.id}` < `${b.at}#${b.id}` ? -1 : 1));
      const trail = await make([...events, anEvent(3, ulid()), anEvent(9, tenantId)]);
      const period = { from: second(1), to: second(9) };
      const read: AuditEvent[] = [];
      for (let position: AuditEvent | undefined, looks = 0; looks < 4; looks += 1, position = read.at(-1))
        read.push(...(await trail.after({ tenantId }, { ...period, ...(position ? { position } : {}) }, 2)));
      expect(read).toEqual(oldestFirst);
    });

    test('begins with the period where the position lies behind it', async () => {
      const tenantId = ulid();
      const events = [1, 2, 3].map((number) => anEvent(number, tenantId));
      const position = { at: second(9).toISOString(), id: ulid() };
      expect(await (await make(events)).before({ tenantId }, { from: second(0), to: second(3), position }, 1)).toEqual([events[1]]);
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeTrail('in memory', async (events) => makeMemoryAudit(events));
describeTrail('in DynamoDB', async (events) => {
  await started.table.transact(events.map(auditEventPut));
  return makeDynamoTrail(started.table);
});
/** DynamoDB ends a page where it has read 1 MB; this one, after one event. */
describeTrail('in DynamoDB, in pages that end early', async (events) => {
  await started.table.transact(events.map(auditEventPut));
  return makeDynamoTrail({ query: (input, page) => started.table.query(input, { ...page, limit: 1 }) });
});
