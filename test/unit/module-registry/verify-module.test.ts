import { describe, expect, test } from '@jest/globals';
import type { Repairs } from '../../../contexts/module-registry/application/verify-module.ts';
import { Unavailable } from '../../../contexts/shared/domain/errors.ts';
import { tenantId } from '../../support/memory-registry.ts';
import { empty } from '../../support/memory-schema-verifier.ts';
import { active, archived, aTenant, changing } from './verified-tenant.ts';

const idempotency = { id: 'k', bodyHash: 'b' };

describe('Verifying a module', () => {
  test('that is as recorded asks for that version alone, and finds nothing', async () => {
    const { verify, asked } = aTenant(active, { version: '1.1.0' });

    expect(await verify()).toEqual({
      module: 'finance',
      recorded: { status: 'Active', version: '1.1.0' },
      stands: { version: '1.1.0' },
      agrees: true,
      problems: [],
      fingerprint: 'of {"version":"1.1.0"}',
      rowCounts: { finance: 3 },
      repaired: false,
    });
    expect(asked()).toEqual(['1.1.0']);
  });

  test('of which another version stands finds it, newest first, and says how the recorded one differs', async () => {
    const { verify, asked, stored } = aTenant(active, { version: '1.0.0' });

    expect(await verify()).toMatchObject({
      stands: { version: '1.0.0' },
      agrees: false,
      problems: ['this is not 1.1.0'],
      repaired: false,
    });
    expect(asked()).toEqual(['1.1.0', '2.0.0', '1.0.0']);
    expect(stored()).toBe(active);
  });

  test('that is recorded and absent asks no further', async () => {
    const { verify, asked } = aTenant(active, 'absent');

    expect(await verify()).toMatchObject({ stands: 'absent', agrees: false });
    expect(asked()).toEqual(['1.1.0']);
  });

  test('of which nothing is recorded and nothing stands agrees', async () => {
    const { verify, asked } = aTenant(undefined, 'absent');
    const found = await verify();

    expect(found).toMatchObject({ stands: 'absent', agrees: true });
    expect(found).not.toHaveProperty('recorded');
    expect(asked()).toEqual(['2.0.0']);
  });

  test('of which a schema without tables stands is not taken for absent', async () => {
    const { verify, repair, stored } = aTenant(active, empty);

    expect(await verify()).toMatchObject({ stands: 'unknown', agrees: false, rowCounts: {} });
    await expect(repair()).rejects.toMatchObject({ refusal: { reason: 'not-repairable' } });
    expect(stored()).toBe(active);
  });

  test('that makes no schema believes the registry: there is nothing to look at', async () => {
    const [known, unknown] = [aTenant(active, 'absent'), aTenant(undefined, 'absent')];
    for (const { ports } of [known, unknown]) {
      const { verify } = ports.verifier;
      Object.assign(ports.verifier, {
        verify: async (...of: Parameters<typeof verify>) => ({ ...(await verify(...of)), ok: true, problems: [] }),
      });
    }

    expect(await known.verify()).toMatchObject({ stands: { version: '1.1.0' }, agrees: true });
    expect(await unknown.verify()).toMatchObject({ stands: 'absent', agrees: true });
  });

  test('that fits no version says so after asking for each', async () => {
    const { verify, asked } = aTenant(active, 'unknown');

    expect(await verify()).toMatchObject({ stands: 'unknown', agrees: false });
    expect(asked()).toEqual(['1.1.0', '2.0.0', '1.0.0']);
  });

  test('that is archived agrees while nothing stands under its name', async () => {
    expect(await aTenant(archived, 'absent').verify()).toMatchObject({ recorded: { status: 'Archived' }, agrees: true });
    expect(await aTenant(archived, { version: '1.1.0' }).verify()).toMatchObject({ agrees: false });
  });

  test('that a job is changing holds it against the version that tenants use', async () => {
    const { verify, asked } = aTenant(changing, { version: '1.1.0' });

    expect(await verify()).toMatchObject({ recorded: { status: 'Changing', version: '1.1.0' }, agrees: true, problems: [] });
    expect(asked()).toEqual(['1.1.0']);
  });

  test('is refused for a module or a tenant that nobody knows', async () => {
    const { verify, asked } = aTenant(active, 'absent');

    await expect(verify({ module: 'shop' })).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'unknown-module' } });
    await expect(verify({ tenantId: 'nobody' })).rejects.toMatchObject({ refusal: { kind: 'not-found', reason: 'unknown-tenant' } });
    expect(asked()).toEqual([]);
  });
});

describe('Repairing a module', () => {
  test.each([
    ['as recorded', active, { version: '1.1.0' }],
    ['neither recorded nor there', undefined, 'absent'],
    ['archived', archived, 'absent'],
  ] as const)('that is %s writes nothing', async (_, recorded, stands) => {
    const { it, repair, stored, events } = aTenant(recorded, stands);

    expect(await repair()).toMatchObject({ agrees: true, repaired: false });
    expect([stored(), events(), it.state.revision]).toEqual([recorded, [], 1]);
  });

  test.each([
    ['another version stands', active, { version: '1.0.0' }, { ...active, version: '1.0.0' }, { recorded: '1.1.0', stands: '1.0.0' }],
    ['nothing stands', active, 'absent', undefined, { recorded: '1.1.0', stands: null }],
    [
      'nothing is recorded',
      undefined,
      { version: '2.0.0' },
      { tenantId, module: 'finance', status: 'Active', version: '2.0.0', configuration: {}, installedAt: new Date('2026-01-01') },
      { recorded: null, stands: '2.0.0' },
    ],
  ] as const)('of which %s records that, with one event and another revision', async (_, recorded, stands, after, facts) => {
    const { it, repair, stored, events } = aTenant(recorded, stands);

    expect(await repair()).toMatchObject({ stands, agrees: false, repaired: true });

    expect(stored()).toEqual(after);
    const told = { name: 'ModuleRepaired', sequence: 1, actor: 'ada', tenantId, module: 'finance', facts: { ...facts, revision: 2 } };
    expect(events()).toMatchObject([told]);
    expect(it.state.revision).toBe(2);
  });

  test.each([
    ['was found', undefined, { version: '2.0.0' }, [['finance', true]]],
    ['is gone', active, 'absent', [['finance', false]]],
    ['has another version', active, { version: '1.0.0' }, []],
  ] as const)('that %s tells the other contexts what they need to know', async (_, recorded, stands, told) => {
    const { repair, alongside } = aTenant(recorded, stands);
    await repair();

    expect(alongside).toEqual(told);
  });

  test('that is gone takes its write-only values away, and stays forgotten where they cannot go', async () => {
    const [gone, stuck] = [aTenant(active, 'absent'), aTenant(active, 'absent')];
    for (const { it } of [gone, stuck]) {
      const ref = await it.secrets.write({ tenantId, module: 'finance' }, { key: 'hush' });
      it.state.modules.set('finance', { ...active, secrets: { ref, fields: ['key'] } });
    }
    Object.assign(stuck.it.secrets, { remove: () => Promise.reject(new Unavailable('not now')) });

    for (const { repair, stored } of [gone, stuck]) expect([(await repair()).repaired, stored()]).toEqual([true, undefined]);
    expect([gone.it.secrets.kept.size, stuck.it.secrets.kept.size, gone.it.left, stuck.it.left]).toEqual([0, 1, [], [tenantId]]);
  });

  test('is done once: what stands is as recorded from then on', async () => {
    const { repair, events } = aTenant(active, { version: '1.0.0' });
    await repair();

    expect(await repair()).toMatchObject({ agrees: true, repaired: false, recorded: { version: '1.0.0' } });
    expect(events()).toHaveLength(1);
  });

  test.each([
    ['that fits no version', active, 'unknown', 'not-repairable'],
    ['beside whose archive a schema stands', archived, { version: '1.1.0' }, 'not-repairable'],
    ['that a job is changing', changing, { version: '1.0.0' }, 'job-in-the-way'],
    ['that needs a person', { ...changing, status: 'ManualIntervention' }, 'unknown', 'needs-intervention'],
  ] as const)('%s is refused, and nothing is written', async (_, recorded, stands, reason) => {
    const { it, repair, stored, events } = aTenant(recorded, stands);

    await expect(repair({ idempotency })).rejects.toMatchObject({ name: 'Refused', refusal: { kind: 'conflict', reason } });
    expect([stored(), events(), it.state.revision]).toEqual([recorded, [], 1]);
    expect(await it.trail.idempotency.find('k', it.ports.clock.now())).toBeUndefined();
  });

  test('repeated with its key is answered as it was, and not done again, even where what stands has moved since', async () => {
    const { database, repair, stored, events } = aTenant(active, { version: '1.0.0' });
    const first = await repair({ idempotency });
    database.stands = { version: '2.0.0' };

    expect([first.repaired, await repair({ idempotency })]).toEqual([true, first]);
    expect([stored()?.version, events().length]).toEqual(['1.0.0', 1]);
    expect(await repair({ idempotency: { id: 'another', bodyHash: 'b' } })).toMatchObject({ repaired: true });
    expect(stored()?.version).toBe('2.0.0');
  });

  test('is refused with a key that came with another body', async () => {
    const { database, repair } = aTenant(active, { version: '1.0.0' });
    await repair({ idempotency });
    database.stands = { version: '2.0.0' };

    await expect(repair({ idempotency: { id: 'k', bodyHash: 'c' } })).rejects.toMatchObject({
      refusal: { kind: 'unprocessable', reason: 'idempotency-key-reused' },
    });
  });

  /** Someone else writes between what a repair reads and what it stores, the first time. */
  const overtaken = ({ ports }: ReturnType<typeof aTenant>, meanwhile: () => void) => {
    let tries = 0;
    const save: Repairs['save'] = async (repair) => {
      tries += 1;
      if (tries === 1) meanwhile();
      await ports.repairs.save(repair);
    };
    return { repairs: { save }, tries: () => tries };
  };

  test('that loses to a change of another module looks again, and is done', async () => {
    const of = aTenant(active, { version: '1.0.0' });
    const { repairs, tries } = overtaken(of, () => {
      of.it.state.revision += 1;
    });

    expect(await of.repair({}, repairs)).toMatchObject({ repaired: true });
    expect([tries(), of.stored()?.version, of.events().length, of.it.state.revision]).toEqual([2, '1.0.0', 1, 3]);
  });

  test('that loses to a job which takes the module is refused', async () => {
    const of = aTenant(active, { version: '1.0.0' });
    const { repairs, tries } = overtaken(of, () => {
      of.it.state.revision += 1;
      of.it.state.modules.set('finance', changing);
    });

    await expect(of.repair({}, repairs)).rejects.toMatchObject({ refusal: { reason: 'job-in-the-way' } });
    expect([tries(), of.stored(), of.events()]).toEqual([1, changing, []]);
  });

  test('that loses to the same repair finds that it is done', async () => {
    const of = aTenant(active, { version: '1.0.0' });
    const answers = await Promise.all([of.repair(), of.repair()]);

    expect(answers.map(({ repaired }) => repaired).toSorted()).toEqual([false, true]);
    expect([of.stored()?.version, of.events().length]).toEqual(['1.0.0', 1]);
  });
});
