import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type ChangeKind, type Plan, resolve } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { offerOf, stateBefore } from './brute-force.ts';
import { smallUniverse } from './small-universes.ts';
import { request, universe } from './universe.ts';

const first = `
  digital_card 1.0.0
  digital_card 1.1.0
  digital_card 2.0.0
  membership 1.0.0
  membership 1.1.0
  finance 1.0.0 needs digital_card ^1.0, needs membership ^1.0
  finance 2.0.0 needs digital_card ^2.0, needs membership ^1.0
  calendar 1.0.0 knows membership ^1.0
`;
const all = 'digital_card 1.0.0, membership 1.0.0, finance 1.0.0';

interface Situation {
  readonly catalog?: string;
  readonly standing?: string;
  readonly kind?: ChangeKind;
  readonly wishes: string;
}

const planOf = ({ catalog = first, standing, kind = 'install', wishes }: Situation): Plan => {
  const answer = resolve(universe(catalog, standing), request(kind, wishes));
  if ('reason' in answer) throw new Error(answer.message);
  return answer;
};

/** `finance 1.0.0 → 2.0.0: why`. */
const told = ({ steps }: Plan): readonly string[] =>
  steps.map(({ module, from, to, why }) => `${module} ${from ?? '-'} → ${to ?? '-'}: ${why}`);

const golden: readonly (readonly [string, Situation, readonly string[]])[] = [
  [
    'an install brings what is needed, first',
    { wishes: 'finance' },
    [
      'digital_card - → 2.0.0: finance 2.0.0 needs digital_card ^2.0',
      'membership - → 1.1.0: finance 2.0.0 needs membership ^1.0',
      'finance - → 2.0.0: requested; the newest published version',
    ],
  ],
  [
    'an install leaves what stands alone, if an older version does',
    { standing: 'digital_card 1.0.0, membership 1.0.0', wishes: 'finance' },
    ['finance - → 1.0.0: requested; the newest version that fits and changes least of what is installed (2.0.0 is the newest published)'],
  ],
  [
    'an install in a stated version raises what it must',
    { standing: 'digital_card 1.0.0, membership 1.0.0', wishes: 'finance 2.0.0' },
    ['digital_card 1.0.0 → 2.0.0: finance 2.0.0 needs digital_card ^2.0', 'finance - → 2.0.0: requested'],
  ],
  [
    'an install raises what stands on what it must raise',
    {
      catalog: `${first}\nelections 1.0.0 needs digital_card ^1.0\nelections 2.0.0 needs digital_card ^2.0`,
      standing: 'digital_card 1.0.0, membership 1.0.0, elections 1.0.0',
      wishes: 'finance 2.0.0',
    },
    [
      'digital_card 1.0.0 → 2.0.0: finance 2.0.0 needs digital_card ^2.0',
      'elections 1.0.0 → 2.0.0: elections 1.0.0 needs digital_card ^1.0, which becomes 2.0.0',
      'finance - → 2.0.0: requested',
    ],
  ],
  [
    'an install raises what would close a circle',
    {
      catalog: 'app 1.0.0 needs d ^2.0\nd 1.0.0\nd 2.0.0 needs c ^1.0\nc 1.0.0 needs d >=1.0\nc 1.1.0',
      standing: 'c 1.0.0, d 1.0.0',
      wishes: 'app',
    },
    [
      'c 1.0.0 → 1.1.0: otherwise modules would need each other in a circle',
      'd 1.0.0 → 2.0.0: app 1.0.0 needs d ^2.0',
      'app - → 1.0.0: requested; the newest published version',
    ],
  ],
  [
    'an install leaves alone what can stand on what it must raise',
    {
      catalog: `${first}\nelections 1.0.0 needs digital_card >=1.0\nelections 2.0.0 needs digital_card ^2.0`,
      standing: 'digital_card 1.0.0, membership 1.0.0, elections 1.0.0',
      wishes: 'finance 2.0.0',
    },
    ['digital_card 1.0.0 → 2.0.0: finance 2.0.0 needs digital_card ^2.0', 'finance - → 2.0.0: requested'],
  ],
  [
    'an install takes a deprecated version rather than change what stands',
    {
      catalog:
        'digital_card 1.0.0\ndigital_card 2.0.0\nfinance 1.0.0 (deprecated) needs digital_card ^1.0\nfinance 2.0.0 needs digital_card ^2.0',
      standing: 'digital_card 1.0.0',
      wishes: 'finance',
    },
    ['finance - → 1.0.0: requested; the newest version that fits and changes least of what is installed (2.0.0 is the newest published)'],
  ],
  ['an optional dependency pulls nothing in', { wishes: 'calendar' }, ['calendar - → 1.0.0: requested; the newest published version']],
  [
    'an optional dependency that comes along comes first',
    { wishes: 'calendar, membership' },
    ['membership - → 1.1.0: requested; the newest published version', 'calendar - → 1.0.0: requested; the newest published version'],
  ],
  [
    'optional dependencies in a circle do not stop anything',
    { catalog: 'chicken 1.0.0 knows egg ^1.0\negg 1.0.0 needs chicken ^1.0', wishes: 'chicken, egg' },
    ['chicken - → 1.0.0: requested; the newest published version', 'egg - → 1.0.0: requested; the newest published version'],
  ],
  [
    'an upgrade raises what it needs',
    { standing: all, kind: 'upgrade', wishes: 'finance' },
    ['digital_card 1.0.0 → 2.0.0: finance 2.0.0 needs digital_card ^2.0', 'finance 1.0.0 → 2.0.0: requested; the newest published version'],
  ],
  [
    'an upgrade without a version goes as far as what stands lets it',
    { standing: all, kind: 'upgrade', wishes: 'digital_card' },
    [
      'digital_card 1.0.0 → 1.1.0: requested; the newest version that fits and changes least of what is installed (2.0.0 is the newest published)',
    ],
  ],
  [
    'two are upgraded together where neither can be alone',
    { standing: all, kind: 'upgrade', wishes: 'digital_card 2.0.0, finance' },
    ['digital_card 1.0.0 → 2.0.0: requested', 'finance 1.0.0 → 2.0.0: requested; the newest published version'],
  ],
  [
    'two are downgraded together',
    { standing: 'digital_card 2.0.0, membership 1.0.0, finance 2.0.0', kind: 'downgrade', wishes: 'digital_card ^1.0, finance 1.0.0' },
    ['digital_card 2.0.0 → 1.1.0: requested', 'finance 2.0.0 → 1.0.0: requested'],
  ],
  [
    'what stands stays valid, withdrawn, past its sunset or gone from the catalog',
    {
      catalog: 'finance 1.0.0 needs a ^1.0, needs b ^1.0, needs c ^1.0\na 1.0.0 (withdrawn)\nb 1.0.0 (sunset)',
      standing: 'a 1.0.0, b 1.0.0, c 1.0.0',
      wishes: 'finance',
    },
    ['finance - → 1.0.0: requested; the newest published version'],
  ],
  [
    'an uninstall removes dependents before what they need',
    { standing: all, kind: 'uninstall', wishes: 'digital_card, finance, membership' },
    ['finance 1.0.0 → -: requested', 'membership 1.0.0 → -: requested', 'digital_card 1.0.0 → -: requested'],
  ],
  [
    'an uninstall is not held up by what only knows the module',
    { standing: 'membership 1.0.0, calendar 1.0.0', kind: 'uninstall', wishes: 'membership' },
    ['membership 1.0.0 → -: requested'],
  ],
];

describe('A plan, step by step:', () => {
  test.each(golden)('%s', (_, situation, expected) => {
    expect(told(planOf(situation))).toEqual(expected);
  });

  test('a deprecated version comes with a warning, and only where nothing else fits', () => {
    const catalog = 'finance 1.0.0 needs membership ^1.0\nmembership 1.0.0\nmembership 1.1.0 (deprecated)';
    expect(planOf({ catalog, wishes: 'finance' })).toMatchObject({ steps: [{ to: '1.0.0' }, {}], warnings: [] });
    const [warning] = planOf({ catalog: catalog.replace('^1.0', '~1.1'), wishes: 'finance' }).warnings;
    expect(warning).toEqual({
      module: 'membership',
      version: '1.1.0',
      reason: 'deprecated',
      sunsetAt: new Date('2027-03-01T00:00:00Z'),
      message: 'membership 1.1.0 is deprecated; from 2027-03-01T00:00:00.000Z on it cannot be installed any more',
    });
  });

  test('what was broken before and is not touched is no reason to refuse', () => {
    expect(told(planOf({ standing: 'finance 2.0.0, digital_card 1.0.0', wishes: 'calendar' }))).toHaveLength(1);
  });

  test('any set of modules can be uninstalled when nothing that stays requires one of them, and then only', () => {
    const some = smallUniverse
      .filter(({ standing }) => standing.length > 0)
      .chain((those) =>
        fc
          .shuffledSubarray([...those.standing], { minLength: 1 })
          .map((removed) => ({ those, removed: removed.map(({ module }) => module) })),
      );
    fc.assert(
      fc.property(some, ({ those, removed }) => {
        const needs = (module: string, version: string): readonly string[] =>
          (offerOf(those, module, version)?.dependencies ?? []).filter(({ optional }) => !optional).map((one) => one.module);
        const isNeeded = those.standing.some(
          ({ module, version }) => !removed.includes(module) && needs(module, version).some((needed) => removed.includes(needed)),
        );
        const answer = resolve(those, { kind: 'uninstall', modules: removed.map((module) => ({ module })) });
        expect('steps' in answer).toBe(!isNeeded);
        if (!('steps' in answer)) return;
        const left = new Map(stateBefore(those));
        for (const { module } of answer.steps) {
          left.delete(module);
          expect([...left].filter(([name]) => removed.includes(name)).flatMap(([name, version]) => needs(name, version))).not.toContain(
            module,
          );
        }
        expect(answer.steps.map(({ module }) => module).sort()).toEqual([...removed].sort());
      }),
      { numRuns: 2_000 },
    );
  });
});
