import { setTimeout as sleep } from 'node:timers/promises';
import { type IdempotencyStore, keptAnswer } from '../../shared/application/idempotency.ts';
import type { IdempotencyKey } from '../../shared/application/route.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Contended } from '../../shared/domain/errors.ts';
import { type Entitlement, end, grant } from '../domain/entitlement.ts';
import type { EntitlementChange, EntitlementStore } from './ports.ts';

export interface SubscriptionPorts {
  readonly entitlements: EntitlementStore;
  readonly idempotency: IdempotencyStore;
  readonly clock: Clock;
}

export interface SubscriptionCommand {
  readonly tenantId: string;
  readonly module: string;
  readonly actor: string;
  readonly idempotency?: IdempotencyKey;
}

const triesMax = 6;

/** Entitles the tenant to the module. Asking again changes nothing and answers the same. */
export const makeSubscribe =
  (ports: SubscriptionPorts) =>
  async (command: SubscriptionCommand): Promise<Entitlement> => {
    const { tenantId, module } = command;
    const entitlement = await change(ports, command, 'TenantSubscribed', (before, at) => grant(tenantId, module, { before, at }));
    return entitlement ?? { tenantId, module, status: 'active', since: ports.clock.now() };
  };

/** Ends the entitlement; where there is none, nothing changes. */
export const makeUnsubscribe =
  (ports: SubscriptionPorts) =>
  async (command: SubscriptionCommand): Promise<Entitlement | undefined> =>
    change(ports, command, 'TenantUnsubscribed', end);

const change = async (
  ports: SubscriptionPorts,
  command: SubscriptionCommand,
  event: EntitlementChange['event'],
  decide: (before: Entitlement | undefined, at: Date) => Entitlement | undefined,
): Promise<Entitlement | undefined> => {
  const { tenantId, module, actor, idempotency } = command;
  for (let attempt = 1; attempt <= triesMax; attempt += 1) {
    const at = ports.clock.now();
    const kept = await keptAnswer(ports.idempotency, idempotency, at);
    const { entitlements, sequence } = await ports.entitlements.read(tenantId);
    const before = entitlements.find((entitlement) => entitlement.module === module);
    const after = kept ? undefined : decide(before, at);
    const record = idempotency && { ...idempotency, answer: { module, status: (after ?? before)?.status ?? 'ended' } };
    try {
      if (after)
        await ports.entitlements.save({
          entitlement: after,
          sequence: sequence + 1,
          event,
          actor,
          at,
          ...(record && { idempotency: record }),
        });
      // the key of a request that changed nothing is taken too: its repetition must not change what came after it
      else if (record && !kept) await ports.idempotency.keep(record, at);
      return after ?? before;
    } catch (error) {
      if (!(error instanceof Contended)) throw error;
      await sleep(Math.random() * 10 * 2 ** attempt);
    }
  }
  throw new Contended(`other requests kept changing the subscriptions of tenant ${tenantId}; ask again`);
};
