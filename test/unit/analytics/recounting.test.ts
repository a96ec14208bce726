import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { makeCountChanges, type SeenModule } from '../../../contexts/analytics/application/count-changes.ts';
import type { EndedJob } from '../../../contexts/analytics/domain/tally.ts';
import { makeMemoryCounter } from '../../support/memory-counter.ts';

const at = new Date('2026-01-31T12:00:00.000Z');
const modules = ['cards', 'finance'];
const versions = ['1.0.0', '1.1.0', '2.0.0', null];

/** One record of the stream: a tenant module as it is then (or gone), with or without the end of the job that did it. */
interface Told {
  readonly seen: SeenModule;
  readonly end?: EndedJob;
}

const told = fc
  .record({
    tenantId: fc.constantFrom('a', 'b', 'c'),
    module: fc.constantFrom(...modules),
    version: fc.constantFrom(...versions),
    status: fc.constantFrom('Active', 'Changing', 'Archived'),
    gone: fc.boolean(),
    ends: fc.boolean(),
  })
  .map(({ tenantId, module, version, status, gone, ends }) => ({
    seen: { tenantId, module, ...(gone ? {} : { now: { tenantId, module, version, status } }) },
    ends,
  }));

const numbered = (records: readonly { readonly seen: SeenModule; readonly ends: boolean }[]): readonly Told[] =>
  records.map(({ seen, ends }, index) => ({
    seen,
    ...(ends
      ? { end: { eventId: `e${index}`, at, kind: 'install', outcome: 'done', changes: [{ module: seen.module, from: null, to: '1.0.0' }] } }
      : {}),
  }));

/** A stream in batches: each begins where the last one ended or anywhere before, because a batch that failed comes again. */
const deliveries = fc
  .record({
    records: fc.array(told, { minLength: 1, maxLength: 30 }),
    steps: fc.array(fc.record({ back: fc.nat(8), size: fc.integer({ min: 1, max: 12 }) }), { maxLength: 20 }),
  })
  .map(({ records, steps }) => {
    const stream = numbered(records);
    const batches: (readonly Told[])[] = [];
    let next = 0;
    for (const { back, size } of steps) {
      const first = Math.max(0, next - back);
      batches.push(stream.slice(first, first + size));
      next = Math.max(next, Math.min(stream.length, first + size));
      if (first + size < next) batches.push(stream.slice(first + size, next));
    }
    return { stream, batches: [...batches, stream.slice(next)] };
  });

test('However a stream is cut into batches, and however often parts of it come again, the counts are those of the stream', async () => {
  await fc.assert(
    fc.asyncProperty(deliveries, async ({ stream, batches }) => {
      const counter = makeMemoryCounter();
      const count = makeCountChanges({ counter, clock: { now: () => at } });
      for (const batch of batches) await count({ modules: batch.map(({ seen }) => seen), ends: batch.flatMap(({ end }) => end ?? []) });

      const last = new Map(stream.map(({ seen }) => [`${seen.tenantId} ${seen.module}`, seen.now]));
      const standing = [...last.values()].flatMap((now) => (now ? [`${now.module} ${now.version} ${now.status}`] : []));
      const fleet = (await counter.fleet()).flatMap(({ module, version, status, count: times }) =>
        Array<string>(times).fill(`${module} ${version} ${status}`),
      );
      expect(fleet.toSorted()).toEqual(standing.toSorted());

      const ends = (await counter.days({ from: '2026-01-31', to: '2026-01-31' })).reduce((sum, { count: times }) => sum + times, 0);
      expect(ends).toBe(stream.filter(({ end }) => end).length);
    }),
    { numRuns: 300 },
  );
});
