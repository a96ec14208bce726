import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type AgreedStep, planHash, refusalOfOtherPlan } from '../../../contexts/module-registry/application/plan-hash.ts';

const install: AgreedStep = { module: 'finance', from: null, to: '1.0.0' };
const upgrade: AgreedStep = { module: 'membership', from: '1.0.0', to: '1.1.0' };
const uninstall: AgreedStep = { module: 'calendar', from: '1.0.0', to: null, archive: 2 };
const all = [install, upgrade, uninstall];

const differencesOf = (agreed: readonly AgreedStep[], now: readonly AgreedStep[]) =>
  refusalOfOtherPlan(planHash(agreed), now)?.facts?.['differences'];

describe('A plan hash', () => {
  test('lets pass the plan that it was made of, whatever else the steps say', () => {
    const told = all.map((step) => ({ ...step, why: 'because', change: 'install', migratorArn: 'arn' }));
    expect(refusalOfOtherPlan(planHash(all), told)).toBeUndefined();
  });

  test('refuses any other, and carries the hash of that one', () => {
    const version = fc.constantFrom(null, '1.0.0', '2.0.0');
    const step = fc.record({
      module: fc.constantFrom('a', 'b', 'c'),
      from: version,
      to: version,
      archive: fc.constantFrom(undefined, 1, 2),
    });
    const plan = fc.uniqueArray(step, { maxLength: 4, selector: ({ module }) => module });
    fc.assert(
      fc.property(plan, plan, (agreed, now) => {
        const same = JSON.stringify(agreed) === JSON.stringify(now);
        const refusal = refusalOfOtherPlan(planHash(agreed), now);
        expect(refusal === undefined).toBe(same);
        if (refusal) expect(refusal).toMatchObject({ kind: 'conflict', reason: 'plan-changed', facts: { planHash: planHash(now) } });
      }),
    );
  });

  test.each<readonly [string, readonly AgreedStep[], readonly AgreedStep[], readonly string[]]>([
    ['another version', [install], [{ ...install, to: '1.1.0' }], ['finance: absent → 1.0.0 was planned, now absent → 1.1.0']],
    [
      'another module',
      [install],
      [upgrade],
      ['finance: absent → 1.0.0 was planned, now no change', 'membership: no change was planned, now 1.0.0 → 1.1.0'],
    ],
    [
      'another archive',
      [uninstall],
      [{ ...uninstall, archive: 3 }],
      ['calendar: 1.0.0 → removed (archive 2) was planned, now 1.0.0 → removed (archive 3)'],
    ],
    ['another order', [install, upgrade], [upgrade, install], ['the steps have another order']],
  ])('says in a sentence what differs: %s', (_, agreed, now, differences) => {
    expect(differencesOf(agreed, now)).toEqual(differences);
    expect(refusalOfOtherPlan(planHash(agreed), now)?.message).toBe(
      `the plan has changed since: ${differences.join('; ')}; look at the new plan and agree to its hash`,
    );
  });

  const [packed, sum] = planHash(all).split('.');
  test.each([
    ['nothing', ''],
    ['no hash', 'sha256:abcdef'],
    ['another one’s digest', `${packed}.${planHash([install]).split('.')[1]}`],
    ['no digest', `${packed}`],
    ['no steps', `.${sum}`],
    ['steps that are none', planHash([{ module: 7 as unknown as string, from: null, to: null }])],
    ['more steps than a plan has', planHash(Array.from({ length: 101 }, () => install))],
    ['far more text than a plan has', planHash([{ ...install, to: 'x'.repeat(70_000) }])],
  ])('is not %s: that is nonsense, which names the field', (_, hash) => {
    expect(() => refusalOfOtherPlan(hash, all)).toThrow(
      expect.objectContaining({ name: 'Malformed', fields: [expect.objectContaining({ field: 'planHash' })] }),
    );
  });

  test('of the largest plan fits into a request', () => {
    const steps = Array.from({ length: 40 }, (_, n) => ({ module: `module_with_a_long_name_${n}`, from: `1.${n}.0`, to: `2.0.${n}` }));
    expect(planHash(steps).length).toBeLessThan(8_192);
  });
});
