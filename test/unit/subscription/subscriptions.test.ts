import { describe, expect, test } from '@jest/globals';
import type { IdempotencyRecord } from '../../../contexts/shared/application/idempotency.ts';
import { Contended } from '../../../contexts/shared/domain/errors.ts';
import type { EntitlementChange, EntitlementStore } from '../../../contexts/subscription/application/ports.ts';
import { makeSubscribe, makeUnsubscribe } from '../../../contexts/subscription/application/subscriptions.ts';
import type { Entitlement } from '../../../contexts/subscription/domain/entitlement.ts';

const at = new Date('2026-01-01T00:00:00Z');
const command = { tenantId: 't', module: 'finance', actor: 'ada' };
const key = { id: 'k', bodyHash: 'b' };

/** Entitlements in memory, with the condition on the sequence; loses the first `races` times. */
const aStore = (races = 0) => {
  const entitlements = new Map<string, Entitlement>();
  const changes: EntitlementChange[] = [];
  let lost = 0;
  const store: EntitlementStore = {
    read: async () => ({ entitlements: [...entitlements.values()], uses: [], sequence: changes.length }),
    releaseAll: async () => {},
    save: async (change) => {
      lost += 1;
      if (lost <= races || change.sequence !== changes.length + 1) throw new Contended('lost');
      entitlements.set(change.entitlement.module, change.entitlement);
      changes.push(change);
    },
  };
  return {
    ports: { entitlements: store, idempotency: { find: async () => undefined, keep: async () => {} }, clock: { now: () => at } },
    changes,
  };
};

describe('A subscription', () => {
  test('is granted with an event, and again without one', async () => {
    const { ports, changes } = aStore();
    const subscribe = makeSubscribe(ports);
    expect([await subscribe(command), await subscribe(command)]).toEqual(
      Array(2).fill({ tenantId: 't', module: 'finance', status: 'active', since: at }),
    );
    expect(changes.map(({ event, sequence }) => [event, sequence])).toEqual([['TenantSubscribed', 1]]);
  });

  test('ends with an event, can be granted anew, and ending nothing changes nothing', async () => {
    const { ports, changes } = aStore();
    const unsubscribe = makeUnsubscribe(ports);
    expect(await unsubscribe(command)).toBeUndefined();
    await makeSubscribe(ports)(command);
    expect(await unsubscribe({ ...command, idempotency: key })).toMatchObject({ status: 'ended', endedAt: at });
    await makeSubscribe(ports)(command);
    expect(changes.map(({ event }) => event)).toEqual(['TenantSubscribed', 'TenantUnsubscribed', 'TenantSubscribed']);
    expect(changes[1]?.idempotency).toEqual({ ...key, answer: { module: 'finance', status: 'ended' } });
  });

  test('survives a lost race, and gives up after losing all', async () => {
    await expect(makeSubscribe(aStore(2).ports)(command)).resolves.toMatchObject({ status: 'active' });
    await expect(makeSubscribe(aStore(99).ports)(command)).rejects.toMatchObject({ name: 'Contended' });
  });

  test('is not changed by a key that was answered before', async () => {
    const { ports, changes } = aStore();
    const idempotency = { find: async () => ({ ...key, answer: {} }), keep: async () => {} };
    await makeSubscribe({ ...ports, idempotency })({ ...command, idempotency: key });
    await expect(makeSubscribe({ ...ports, idempotency })({ ...command, idempotency: { ...key, bodyHash: 'x' } })).rejects.toMatchObject({
      refusal: { reason: 'idempotency-key-reused' },
    });
    expect(changes).toEqual([]);
  });

  test('takes the key of a request that changed nothing, so that its repetition changes nothing either', async () => {
    // given
    const { ports, changes } = aStore();
    const kept = new Map<string, IdempotencyRecord>();
    const idempotency = {
      find: async (id: string) => kept.get(id),
      keep: async (record: IdempotencyRecord) => void kept.set(record.id, record),
    };
    await makeSubscribe(ports)(command);
    await makeSubscribe({ ...ports, idempotency })({ ...command, idempotency: key });
    await makeUnsubscribe(ports)(command);
    // when
    await makeSubscribe({ ...ports, idempotency })({ ...command, idempotency: key });
    // then
    expect(changes.map(({ event }) => event)).toEqual(['TenantSubscribed', 'TenantUnsubscribed']);
  });
});
