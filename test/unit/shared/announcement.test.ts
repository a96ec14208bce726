import { describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { defineAnnouncement, type ModuleEvent, makeAnnounce } from '../../../contexts/shared/application/announcement.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';

const opened = defineAnnouncement({ name: 'ShopOpened', says: 'a shop opened', facts: z.strictObject({ timeZone: z.string() }) });
const closed = defineAnnouncement({ name: 'ShopClosed', says: 'a shop closed', facts: z.strictObject({}) });
const tenantId = '01K00000000000000000000TEN';
const jobId = '01K0000000000000000000J0B1';

/** One run of a hook, on a bus that is absent for a while. */
const aRun = ({ job = jobId, hook = 'postInstall', absences = 0 } = {}) => {
  const events: ModuleEvent[] = [];
  let absent = absences;
  const announce = makeAnnounce({
    ...{ module: 'shop', declared: [opened, closed], idempotencyKey: `${job}:${hook}` },
    about: { version: '1.0.0', tenantId, jobId: job },
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    tell: async (event) => {
      if (absent > 0) {
        absent -= 1;
        throw new Unavailable('not now');
      }
      events.push(event);
    },
  });
  return { announce, events };
};

/** The id under which a run tells it. */
const idOf = async (run: Parameters<typeof aRun>[0], name: 'ShopOpened' | 'ShopClosed' = 'ShopOpened') => {
  const { announce, events } = aRun(run);
  await (name === 'ShopOpened' ? announce(opened, { timeZone: 'UTC' }) : announce(closed, {}));
  return events[0]?.id;
};

describe('What a module announces', () => {
  test('says of which tenant, module, version and job it is', async () => {
    const { announce, events } = aRun();
    await announce(opened, { timeZone: 'Europe/Vienna' });
    expect(events).toEqual([
      {
        ...{ id: expect.stringMatching(/^01K0000000[0-9A-HJKMNP-TV-Z]{16}$/), name: 'ShopOpened' },
        ...{ module: 'shop', version: '1.0.0', tenantId, jobId, at: '2026-01-01T00:00:00.000Z', facts: { timeZone: 'Europe/Vienna' } },
      },
    ]);
  });

  test('has the same id when the hook runs again, and another for another event, hook or job', async () => {
    const ids = await Promise.all([
      idOf({}),
      idOf({}, 'ShopClosed'),
      idOf({ hook: 'postUpgrade' }),
      idOf({ job: '01K0000000000000000000J0B2' }),
    ]);
    expect(await idOf({})).toBe(ids[0]);
    expect(new Set(ids).size).toBe(4);
  });

  test('is what its migrator declares, and with the facts that it declares: else a defect, which quotes no value', async () => {
    const { announce, events } = aRun();
    const stray = defineAnnouncement({ name: 'ShopMoved', says: 'it moved', facts: z.strictObject({}) });
    await expect(announce(stray, {})).rejects.toMatchObject({ name: 'Defect', message: expect.stringContaining('under announces') });
    const odd = announce(opened, { timeZone: 4711 } as unknown as { timeZone: string });
    await expect(odd).rejects.toMatchObject({
      message: 'shop announces ShopOpened with facts that it does not declare: timeZone',
    });
    expect(events).toEqual([]);
  });

  test('is told once in a run: a second one under the same id would pass for a repetition', async () => {
    const { announce, events } = aRun();
    await announce(opened, { timeZone: 'UTC' });
    await expect(announce(opened, { timeZone: 'Europe/Vienna' })).rejects.toMatchObject({ name: 'Defect' });
    expect(events).toHaveLength(1);
  });

  test('may be told again where the bus did not take it', async () => {
    const { announce, events } = aRun({ absences: 1 });
    await expect(announce(opened, { timeZone: 'UTC' })).rejects.toMatchObject({ name: 'Unavailable' });
    await announce(opened, { timeZone: 'UTC' });
    expect(events).toHaveLength(1);
  });
});
