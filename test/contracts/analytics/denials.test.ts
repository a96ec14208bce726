import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import { makeDynamoDenials, makeDynamoTrail } from '../../../contexts/analytics/index.ts';
import type { AuditEvent } from '../../../contexts/shared/domain/audit-event.ts';
import { startRegistryTable } from '../registry-table.ts';

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

const period = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-01-02T00:00:00Z') };
const aDenial = (second: number, more: Partial<AuditEvent> = {}): AuditEvent => ({
  id: ulid(),
  sequence: 1,
  name: 'AccessDenied',
  aggregate: 'ACCESS#1',
  actor: 'vera',
  at: `2026-01-01T10:00:0${second}.000Z`,
  ...more,
});

test('A denial is kept once, as it was first; another one beside it', async () => {
  const { keep } = makeDynamoDenials(started.table);
  const [first, again, other] = [aDenial(1), aDenial(2), aDenial(3, { aggregate: 'ACCESS#2' })];
  for (const denial of [first, again, other]) await keep(denial);
  expect(await makeDynamoTrail(started.table).before('platform', period, 99)).toEqual([other, first]);
});
