import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ulid } from 'ulid';
import type { BreakerStore } from '../../../contexts/subscription/application/ports.ts';
import {
  admit,
  afterFailure,
  afterSuccess,
  type Breaker,
  closedBreaker,
  failuresMax,
} from '../../../contexts/subscription/domain/breaker.ts';
import { makeDynamoBreakers } from '../../../contexts/subscription/index.ts';
import { makeMemoryBreakers } from '../../support/memory-breakers.ts';
import { startRegistryTable } from '../registry-table.ts';

const at = new Date('2026-01-01T00:00:00.000Z');
const contended = { name: 'Contended' };

const failed = (breaker: Breaker): Breaker => afterFailure(breaker, breaker.generation, at) ?? breaker;
const opened = Array.from({ length: failuresMax }).reduce<Breaker>(failed, closedBreaker);
const onTrial = (breaker: Breaker): Breaker => {
  const admission = admit(breaker, new Date(at.getTime() + 60_000));
  if (!admission.admitted) throw new Error('a trial is due');
  return admission.breaker;
};

const describeBreakers = (name: string, make: () => BreakerStore): void => {
  describe(`Breakers ${name}`, () => {
    test('are closed until something is stored, each service by itself', async () => {
      const breakers = make();
      const [service, other] = [ulid(), ulid()];
      await breakers.save(service, closedBreaker, opened);
      expect(await breakers.read(service)).toEqual(opened);
      expect(await breakers.read(other)).toEqual(closedBreaker);
    });

    test('are read as they were saved, whatever their status', async () => {
      const breakers = make();
      const service = ulid();
      const trial = onTrial(opened);
      const steps = [closedBreaker, failed(closedBreaker), opened, trial, afterSuccess(trial, trial.generation) ?? trial];
      for (const [index, after] of steps.slice(1).entries()) {
        const before = steps[index] ?? closedBreaker;
        await breakers.save(service, before, { ...after, revision: before.revision + 1 });
        steps[index + 1] = { ...after, revision: before.revision + 1 };
        expect(await breakers.read(service)).toEqual(steps[index + 1]);
      }
    });

    test('are changed by one of two who read the same', async () => {
      const breakers = make();
      const service = ulid();
      await breakers.save(service, closedBreaker, failed(closedBreaker));
      await expect(breakers.save(service, closedBreaker, failed(closedBreaker))).rejects.toMatchObject(contended);
      const both = await Promise.allSettled([1, 2].map(() => breakers.save(service, failed(closedBreaker), failed(failed(closedBreaker)))));
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(await breakers.read(service)).toMatchObject({ failures: 2, revision: 2 });
    });
  });
};

let started: Awaited<ReturnType<typeof startRegistryTable>>;
beforeAll(async () => {
  started = await startRegistryTable();
});
afterAll(() => started?.stop());

describeBreakers('in memory', makeMemoryBreakers);
describeBreakers('in DynamoDB', () => makeDynamoBreakers(started.table));
