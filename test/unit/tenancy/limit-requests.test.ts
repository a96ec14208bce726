import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { Contended, Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { makeRememberedQuota } from '../../../contexts/subscription/index.ts';
import type { TokenBuckets } from '../../../contexts/tenancy/application/ports.ts';
import { type TokenBucket, take } from '../../../contexts/tenancy/domain/token-bucket.ts';
import { makeLimitRequests } from '../../../contexts/tenancy/index.ts';
import { ampleQuota } from '../../support/memory-subscriptions.ts';
import { makeMemoryTokenBuckets } from '../../support/memory-token-buckets.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const second = (n: number): Date => new Date(start + n * 1000);

describe('A bucket of tokens', () => {
  test('is full when it was never used, and gives no more than is asked for', () => {
    expect(take(undefined, { perMinute: 60, wanted: 3, at: second(0) })).toEqual({ granted: 3, bucket: { tokens: 57, at: second(0) } });
  });

  test('gives what is left, then nothing until a whole token has come back', () => {
    const left = take({ tokens: 2, at: second(0) }, { perMinute: 6, wanted: 3, at: second(0) });
    expect(left).toMatchObject({ granted: 2, bucket: { tokens: 0 } });
    expect(take(left.bucket, { perMinute: 6, wanted: 1, at: second(4) })).toMatchObject({ granted: 0, retryAfterSeconds: 6 });
    expect(take(left.bucket, { perMinute: 6, wanted: 1, at: second(10) })).toMatchObject({ granted: 1 });
  });

  test('holds no more than a minute brings, also when the plan was lowered', () => {
    expect(take({ tokens: 500, at: second(0) }, { perMinute: 60, wanted: 100, at: second(900) })).toMatchObject({ granted: 60 });
  });

  test('gets nothing from a clock that lags behind, and loses nothing', () => {
    expect(take({ tokens: 1, at: second(60) }, { perMinute: 60, wanted: 2, at: second(0) })).toEqual({
      granted: 1,
      bucket: { tokens: 0, at: second(60) },
    });
  });

  test('never gives more than was in it and came back since', () => {
    const Taking = fc.record({ wait: fc.integer({ min: 0, max: 90 }), wanted: fc.integer({ min: 1, max: 40 }) });
    void fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.array(Taking, { maxLength: 40 }), (perMinute, takings) => {
        let bucket: TokenBucket | undefined;
        let elapsed = 0;
        let given = 0;
        for (const { wait, wanted } of takings) {
          elapsed += bucket ? wait : 0;
          const taken = take(bucket, { perMinute, wanted, at: second(elapsed) });
          given += taken.granted;
          bucket = taken.bucket;
          expect(bucket.tokens).toBeGreaterThanOrEqual(0);
          expect(given).toBeLessThanOrEqual(perMinute + (elapsed / 60) * perMinute + 1e-6);
        }
      }),
    );
  });
});

/** Instances of a function that share one table. */
const instances = (count: number, perMinute: number | undefined, buckets: TokenBuckets = makeMemoryTokenBuckets()) => {
  let now = start;
  let [reads, writes] = [0, 0];
  const counted: TokenBuckets = {
    read: (tenantId) => {
      reads += 1;
      return buckets.read(tenantId);
    },
    save: (...change) => {
      writes += 1;
      return buckets.save(...change);
    },
  };
  const limits = Array.from({ length: count }, () =>
    makeLimitRequests({ buckets: counted, perMinuteOf: async () => perMinute, clock: { now: () => new Date(now) } }),
  );
  const served = async (requests: number, tenantId = 'acme'): Promise<number> => {
    let passed = 0;
    for (let n = 0; n < requests; n += 1) if ((await limits[n % count]?.(tenantId)) === undefined) passed += 1;
    return passed;
  };
  return {
    served,
    limit: limits[0] ?? (async () => 0),
    reads: () => reads,
    writes: () => writes,
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
  };
};

describe('A limit of requests', () => {
  test('serves as many as the plan allows, over all instances together, and the others’ tenants besides', async () => {
    const { served } = instances(3, 60);
    expect(await served(200)).toBe(60);
    expect(await served(10, 'globex')).toBe(10);
  });

  test('writes once for a twentieth of a minute’s requests', async () => {
    const { served, writes } = instances(1, 1_000);
    await served(500);
    expect(writes()).toBe(10);
  });

  test('says when to come back, does not ask the table again until then, and serves again', async () => {
    const { served, limit, reads, wait } = instances(1, 60);
    await served(61);
    const before = reads();
    expect([await limit('acme'), await limit('acme'), reads() - before]).toEqual([1, 1, 0]);
    wait(30);
    expect(await served(100)).toBe(30);
  });

  test('serves a plan of a single request a minute', async () => {
    const { served, limit, wait } = instances(2, 1);
    expect(await served(6)).toBe(1);
    expect(await limit('acme')).toBe(60);
    wait(60);
    expect(await served(6)).toBe(1);
  });

  test('takes nothing from a tenant for what an instance has not used', async () => {
    const { served, wait } = instances(10, 60);
    for (let round = 0; round < 20; round += 1) {
      expect(await served(10)).toBe(10);
      wait(12);
    }
  });

  test('is none while nobody can say what the plan allows, and for who keeps losing to other instances', async () => {
    const busy: TokenBuckets = { read: async () => undefined, save: () => Promise.reject(new Contended('another instance took first')) };
    expect(await instances(1, undefined).served(1_000)).toBe(1_000);
    expect(await instances(1, 60, busy).served(10)).toBe(10);
  });

  test('passes on that the table is away', async () => {
    const away: TokenBuckets = { read: async () => undefined, save: () => Promise.reject(new Unavailable('the table is away')) };
    await expect(instances(1, 60, away).limit('acme')).rejects.toMatchObject({ name: 'Unavailable' });
  });
});

describe('A remembered quota', () => {
  const remembering = (answers: readonly (number | Error)[]) => {
    let now = start;
    let asked = 0;
    const quotaOf = makeRememberedQuota({
      quotaOf: async () => {
        const answer = answers[asked];
        asked += 1;
        if (typeof answer !== 'number') throw answer;
        return { ...ampleQuota, requestsPerMinute: answer };
      },
      clock: { now: () => new Date(now) },
    });
    return {
      perMinute: async () => (await quotaOf('acme'))?.requestsPerMinute,
      asked: () => asked,
      wait: (seconds: number) => {
        now += seconds * 1000;
      },
    };
  };
  const away = new Unavailable('the service is away');

  test('is asked for once a minute', async () => {
    const { perMinute, asked, wait } = remembering([60, 300]);
    expect([await perMinute(), await perMinute(), asked()]).toEqual([60, 60, 1]);
    wait(60);
    expect(await perMinute()).toBe(300);
  });

  test('stays as it was while the service is away, which is not asked at every request', async () => {
    const { perMinute, asked, wait } = remembering([60, away, 300]);
    await perMinute();
    wait(60);
    expect([await perMinute(), await perMinute(), asked()]).toEqual([60, 60, 2]);
    wait(60);
    expect(await perMinute()).toBe(300);
  });

  test('is nothing where it was never known', async () => {
    const { perMinute, asked } = remembering([away]);
    expect([await perMinute(), await perMinute(), asked()]).toEqual([undefined, undefined, 1]);
  });

  test('hides no defect', async () => {
    await expect(remembering([new Error('our own mistake')]).perMinute()).rejects.toThrow('our own mistake');
  });
});
