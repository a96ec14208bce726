import { whileContended } from '../../shared/application/while-contended.ts';
import type { Clock } from '../../shared/domain/clock.ts';
import { Contended, Unavailable } from '../../shared/domain/errors.ts';
import { admit, afterFailure, afterSuccess, type Breaker } from '../domain/breaker.ts';
import type { BreakerStore, SubscriptionService } from './ports.ts';

export interface GuardPorts {
  readonly breakers: BreakerStore;
  readonly clock: Clock;
  /** The service's name, for its breaker and for people. */
  readonly service: string;
}

/** Makes a call through the service's breaker. Rejects with `Unavailable`, and does not call, while the breaker is open. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>;

/** Only `Unavailable` is a failure of the service; anything else is ours, and is not held against it. */
export const makeGuard =
  (ports: GuardPorts): Guard =>
  async (call) => {
    const breaker = await admitted(ports);
    try {
      const answer = await call();
      await settle(ports, breaker, (now) => afterSuccess(now, breaker.generation));
      return answer;
    } catch (error) {
      if (error instanceof Unavailable) await settle(ports, breaker, (now) => afterFailure(now, breaker.generation, ports.clock.now()));
      throw error;
    }
  };

/** The breaker as it stands for this call; of several that would be the trial, one is. */
const admitted = ({ breakers, clock, service }: GuardPorts): Promise<Breaker> =>
  whileContended(async () => {
    const before = await breakers.read(service);
    const admission = admit(before, clock.now());
    if (!admission.admitted) {
      const { retryAfterSeconds } = admission;
      throw new Unavailable(`the ${service} service has failed and is asked again in ${retryAfterSeconds} seconds`, retryAfterSeconds);
    }
    if (admission.breaker.revision !== before.revision) await breakers.save(service, before, admission.breaker);
    return admission.breaker;
  });

const triesMax = 5;

/** Stores what a call has told. Who keeps losing leaves it: those who win are telling of the same service at the same time. */
const settle = async (
  { breakers, service }: GuardPorts,
  known: Breaker,
  decide: (breaker: Breaker) => Breaker | undefined,
): Promise<void> => {
  let before = known;
  for (let tries = 1; tries <= triesMax; tries += 1) {
    const after = decide(before);
    if (!after) return;
    try {
      return await breakers.save(service, before, after);
    } catch (error) {
      if (!(error instanceof Contended)) throw error;
      before = await breakers.read(service);
    }
  }
};

/** The same service, asked through a breaker. */
export const guardSubscriptions = (subscriptions: SubscriptionService, guard: Guard): SubscriptionService => ({
  hasSubscriptionForModule: (tenantId, module) => guard(() => subscriptions.hasSubscriptionForModule(tenantId, module)),
  subscribedAmong: async (tenantId, modules) =>
    // of a service that is asked nothing the breaker would believe that it is well
    modules.length === 0 ? new Set() : guard(() => subscriptions.subscribedAmong(tenantId, modules)),
  getSubscriptionQuota: (tenant) => guard(() => subscriptions.getSubscriptionQuota(tenant)),
});
