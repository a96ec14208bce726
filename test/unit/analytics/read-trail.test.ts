import { describe, expect, test } from '@jest/globals';
import type { TrailFilter } from '../../../contexts/analytics/application/read-trail.ts';
import { makeReadTrail } from '../../../contexts/analytics/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { makeMemoryAudit } from '../../support/memory-audit.ts';

const minute = (number: number): string => new Date(Date.UTC(2026, 0, 1, 0, number)).toISOString();
const anEvent = (number: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: `e${String(number).padStart(6, '0')}`,
  sequence: 1,
  name: 'ModuleInstallationCompleted',
  aggregate: 'JOB#j',
  tenantId: 'acme',
  actor: 'system',
  at: minute(number),
  ...more,
});
const many = (count: number, more: (number: number) => Partial<AuditEvent> = () => ({})): readonly AuditEvent[] =>
  Array.from({ length: count }, (_, number) => anEvent(number, more(number)));
const acme = { tenantId: 'acme' };

/** All pages, as someone reads them who follows every cursor. */
const readAll = async (events: readonly AuditEvent[], filter: TrailFilter, limit: number) => {
  const read = makeReadTrail(makeMemoryAudit(events));
  const pages: (readonly string[])[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(acme, filter, { limit, ...(cursor === undefined ? {} : { cursor }) });
    pages.push(page.items.map(({ id }) => id));
    cursor = page.cursor;
  } while (cursor !== undefined && pages.length < 100);
  return pages;
};

describe('A trail', () => {
  test('is read newest first, page by page, each event once', async () => {
    const pages = await readAll(many(45), {}, 20);
    expect(pages.map(({ length }) => length)).toEqual([20, 20, 5]);
    expect(pages.flat()).toEqual(
      many(45)
        .map(({ id }) => id)
        .toReversed(),
    );
  });

  test('keeps events of the same instant apart', async () => {
    const events = many(5, () => ({ at: minute(1) }));
    expect((await readAll(events, {}, 2)).flat()).toEqual(['e000004', 'e000003', 'e000002', 'e000001', 'e000000']);
  });

  test('has the events of its tenant, and the platform’s has those of none', async () => {
    const { tenantId: _none, ...published } = anEvent(3);
    const read = makeReadTrail(makeMemoryAudit([anEvent(1), anEvent(2, { tenantId: 'globex' }), published]));
    const [ofAcme, ofPlatform] = [await read(acme, {}, { limit: 9 }), await read('platform', {}, { limit: 9 })];
    expect([ofAcme.items.map(({ id }) => id), ofPlatform.items.map(({ id }) => id)]).toEqual([['e000001'], ['e000003']]);
  });

  test('of a period begins with its first instant and ends before its last', async () => {
    const period = { from: new Date(minute(2)), to: new Date(minute(4)) };
    expect((await readAll(many(6), period, 1)).flat()).toEqual(['e000003', 'e000002']);
  });

  test.each([
    ['a name', { name: 'ModuleUpgraded' }, { name: 'ModuleUpgraded' }],
    ['an actor', { actor: 'ada' }, { actor: 'ada' }],
    ['a module', { module: 'finance' }, { module: 'finance' }],
    ['a module that a job of several is about', { module: 'finance' }, { facts: { modules: { membership: {}, finance: {} } } }],
  ])('can be asked for %s', async (_, filter, matching) => {
    const events = many(10, (number) => (number % 5 === 1 ? matching : { module: 'cards', facts: { modules: { cards: {} } } }));
    expect((await readAll(events, filter, 1)).flat()).toEqual(['e000006', 'e000001']);
  });

  test('wants everything that is asked for at once', async () => {
    const events = [anEvent(1, { actor: 'ada' }), anEvent(2, { module: 'finance' }), anEvent(3, { actor: 'ada', module: 'finance' })];
    expect((await readAll(events, { actor: 'ada', module: 'finance' }, 5)).flat()).toEqual(['e000003']);
  });

  test('looks at a thousand events for a page and no more, and goes on from there', async () => {
    let asked = 0;
    const trail = makeMemoryAudit(many(2_500, (number) => (number === 0 ? { actor: 'ada' } : {})));
    const read = makeReadTrail({
      before: async (of, period, limit) => {
        asked += limit;
        return trail.before(of, period, limit);
      },
    });
    const first = await read(acme, { actor: 'ada' }, { limit: 20 });
    expect([first.items, asked > 900 && asked < 1_200]).toEqual([[], true]);
    expect(
      (
        await readAll(
          many(2_500, (number) => (number === 0 ? { actor: 'ada' } : {})),
          { actor: 'ada' },
          20,
        )
      ).flat(),
    ).toEqual(['e000000']);
  });

  test('of a period that ends before it begins is refused with the field', async () => {
    const read = makeReadTrail(makeMemoryAudit([]))(acme, { from: new Date(minute(2)), to: new Date(minute(2)) }, { limit: 1 });
    await expect(read).rejects.toMatchObject({ name: 'Malformed', fields: [{ field: 'from' }] });
  });

  test('has no more to show where the cursor lies before the period', async () => {
    const read = makeReadTrail({ before: () => Promise.reject(new Error('there was nothing to ask')) });
    const cursor = Buffer.from(`${minute(1)}#e1`).toString('base64url');
    expect(await read(acme, { from: new Date(minute(2)) }, { limit: 1, cursor })).toEqual({ items: [] });
  });

  test.each([
    'nonsense',
    Buffer.from('2026-01-01T00:00:00.000Z#a b').toString('base64url'),
    Buffer.from('2026-01-01T00:00:00.000Z').toString('base64url'),
    Buffer.from('x#y').toString('base64url'),
  ])('refuses the cursor %j, which no page answered', async (cursor) => {
    await expect(makeReadTrail(makeMemoryAudit([]))(acme, {}, { limit: 1, cursor })).rejects.toMatchObject({
      name: 'Malformed',
      fields: [{ field: 'cursor' }],
    });
  });
});
