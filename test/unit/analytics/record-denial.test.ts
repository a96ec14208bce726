import { expect, test } from '@jest/globals';
import type { Denial } from '../../../contexts/analytics/index.ts';
import { makeRecordDenial } from '../../../contexts/analytics/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { domainEvents } from '../../../functions/events/domain-events.ts';

const denial: Denial = {
  subject: 'vera',
  role: 'tenant-viewer',
  ofTenant: '01JD0000000000000000000GBX',
  operation: 'getTenant',
  reason: 'another-tenant',
  tenant: 'acme',
};

const recorded = async (...denials: readonly (readonly [string, Partial<Denial>])[]): Promise<readonly AuditEvent[]> => {
  const kept: AuditEvent[] = [];
  for (const [at, more] of denials)
    await makeRecordDenial({
      denials: { keep: async (event) => void kept.push(event) },
      clock: { now: () => new Date(at) },
      newId: () => '01JD000000000000000000000E',
    })({ ...denial, ...more });
  return kept;
};

test('A denial says who asked for what, of which tenant, and belongs to no tenant’s own trail', async () => {
  const [event] = await recorded(['2026-01-01T10:00:00.000Z', {}]);
  expect(event).toEqual({
    id: '01JD000000000000000000000E',
    sequence: 1,
    name: 'AccessDenied',
    aggregate: expect.stringMatching(/^ACCESS#[0-9a-f]{32}$/),
    actor: 'vera',
    at: '2026-01-01T10:00:00.000Z',
    reason: 'another-tenant',
    facts: { role: 'tenant-viewer', ofTenant: '01JD0000000000000000000GBX', operation: 'getTenant', tenant: 'acme' },
  });
  expect(domainEvents.find(({ name }) => name === 'AccessDenied')?.schema.safeParse(event).error).toBeUndefined();
});

test('Denials of one hour are one, whichever tenant is named; another hour, subject, operation or reason is another', async () => {
  const aggregates = (
    await recorded(
      ['2026-01-01T10:00:00.000Z', {}],
      ['2026-01-01T10:59:59.999Z', { tenant: 'globex' }],
      ['2026-01-01T11:00:00.000Z', {}],
      ['2026-01-01T10:00:00.000Z', { subject: 'eve' }],
      ['2026-01-01T10:00:00.000Z', { operation: 'listTenants' }],
      ['2026-01-01T10:00:00.000Z', { reason: 'role-not-allowed' }],
    )
  ).map(({ aggregate }) => aggregate);
  expect(aggregates[0]).toBe(aggregates[1]);
  expect(new Set(aggregates).size).toBe(5);
});
