import { expect, test } from '@jest/globals';
import { changesIn } from '../../../contexts/analytics/index.ts';

const isEnd = (state: string): boolean => ['Active', 'Failed', 'ManualIntervention', 'Cancelled'].includes(state);
const facts = { kind: 'upgrade', modules: { finance: { from: '1.0.0', to: '2.0.0' }, cards: { from: null, to: '1.0.0' } } };
const anEvent = (to: string, more: Record<string, unknown> = {}) => ({
  keys: { pk: 'JOB#j', sk: 'EVENT#000004' },
  image: {
    pk: 'JOB#j',
    sk: 'EVENT#000004',
    type: 'AuditEvent',
    id: `e-${to}`,
    jobId: 'j',
    at: '2026-01-01T00:00:00.000Z',
    to,
    facts,
    ...more,
  },
});
const aModule = (image: Record<string, unknown>) => ({
  keys: { pk: 'TENANT#t', sk: 'MODULE#finance' },
  image: { pk: 'TENANT#t', sk: 'MODULE#finance', type: 'TenantModule', tenantId: 't', module: 'finance', configuration: {}, ...image },
});

test('Of a job’s events those are counted that end it, each with what became of it', () => {
  const states = ['Pending', 'Installing', 'RollingBack', 'Active', 'Failed', 'ManualIntervention', 'Cancelled'];
  const { ends } = changesIn(
    states.map((to) => anEvent(to)),
    isEnd,
  );
  expect(ends.map(({ eventId, outcome }) => [eventId, outcome])).toEqual([
    ['e-Active', 'done'],
    ['e-Failed', 'failed'],
    ['e-ManualIntervention', 'stuck'],
    ['e-Cancelled', 'cancelled'],
  ]);
});

test('An event brings its time, its reason, and what the job was to change', () => {
  const { ends } = changesIn([anEvent('Failed', { reason: 'quota' })], isEnd);
  const changes = [
    { module: 'finance', from: '1.0.0', to: '2.0.0' },
    { module: 'cards', from: null, to: '1.0.0' },
  ];
  const at = new Date('2026-01-01T00:00:00.000Z');
  expect(ends).toEqual([{ eventId: 'e-Failed', at, kind: 'upgrade', outcome: 'failed', reason: 'quota', changes }]);
});

test('A job about a tenant as a whole is not counted', () => {
  expect(changesIn([anEvent('Failed', { facts: undefined })], isEnd).ends).toEqual([]);
});

test('An event of something else than a job ends none, though its state has the same name', () => {
  expect(changesIn([anEvent('Active', { jobId: undefined })], isEnd).ends).toEqual([]);
});

test('A tenant module is seen as it is now, without version while its first install is under way', () => {
  const { modules } = changesIn([aModule({ status: 'Changing' }), aModule({ status: 'Active', version: '1.0.0' })], isEnd);
  const one = { tenantId: 't', module: 'finance' };
  expect(modules).toEqual([
    { ...one, now: { ...one, status: 'Changing', version: null } },
    { ...one, now: { ...one, status: 'Active', version: '1.0.0' } },
  ]);
});

test('Of an archived module the version counts that lies in the archive; while it is restored none stands', () => {
  const archive = { number: 1, version: '1.1.0', at: '2026-01-01T00:00:00.000Z', expiresAt: '2026-02-01T00:00:00.000Z' };
  const { modules } = changesIn([aModule({ status: 'Archived', archive }), aModule({ status: 'Changing', archive })], isEnd);
  expect(modules.map(({ now }) => [now?.status, now?.version])).toEqual([
    ['Archived', '1.1.0'],
    ['Changing', null],
  ]);
});

test('A tenant module that was deleted is gone, and no other item is taken for one', () => {
  const records = [
    { keys: { pk: 'TENANT#t', sk: 'MODULE#finance' } },
    { keys: { pk: 'SUBSCRIPTION#t', sk: 'MODULE#finance' } },
    { keys: { pk: 'TENANT#t', sk: 'ARCHIVE' } },
    { keys: { pk: 'TENANT#t', sk: 'MODULE#cards' }, image: { pk: 'TENANT#t', sk: 'MODULE#cards', type: 'Note' } },
    { keys: { pk: 'TENANT#t', sk: 'TENANT' }, image: { pk: 'TENANT#t', sk: 'TENANT', type: 'Tenant', id: 't' } },
  ];
  expect(changesIn(records, isEnd)).toEqual({ ends: [], modules: [{ tenantId: 't', module: 'finance' }] });
});
