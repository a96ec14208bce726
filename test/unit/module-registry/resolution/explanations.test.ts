import { describe, expect, test } from '@jest/globals';
import type { Explanation } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { explanationOf, first, type Situation } from './situation.ts';

/** What a tenant admin reads. */
const golden: readonly (readonly [string, Situation, Pick<Explanation, 'reason' | 'message'>])[] = [
  [
    'a dependency that is nowhere',
    { catalog: 'finance 1.0.0 needs membership ^1.0', wishes: 'finance' },
    {
      reason: 'missing-dependency',
      message:
        'finance 1.0.0 needs membership ^1.0, but there is no module membership in the catalog; a platform admin must register and publish what is missing',
    },
  ],
  [
    'a dependency of which no version fits',
    { catalog: 'finance 1.0.0 needs membership ^3.0\nmembership 1.0.0\nmembership 2.0.0', wishes: 'finance' },
    {
      reason: 'missing-dependency',
      message:
        'finance 1.0.0 needs membership ^3.0, but membership has no such version, only 2.0.0 and 1.0.0; a platform admin must register and publish what is missing',
    },
  ],
  [
    'a dependency of a dependency that is nowhere',
    {
      catalog: 'elections 1.0.0 needs finance ^1.0\nfinance 1.0.0 needs membership ^1.0\nfinance 1.1.0 needs membership ^1.0',
      wishes: 'elections',
    },
    {
      reason: 'missing-dependency',
      message:
        'elections 1.0.0 needs finance ^1.0, finance 1.1.0 and 1.0.0 need membership ^1.0, but there is no module membership in the catalog; a platform admin must register and publish what is missing',
    },
  ],
  [
    'two that were asked for and need different versions of a third',
    { catalog: first, wishes: 'finance 1.0.0, membership 2.0.0' },
    { reason: 'dependency-conflict', message: 'finance 1.0.0 needs membership ^1.0, but membership 2.0.0 is asked for' },
  ],
  [
    'what is installed needing another version than what is asked for',
    {
      catalog: `${first}\nelections 1.0.0 needs digital_card ^1.0`,
      standing: 'digital_card 2.0.0, membership 2.0.0',
      wishes: 'elections',
    },
    {
      reason: 'dependency-conflict',
      message:
        'elections 1.0.0 needs digital_card ^1.0, but digital_card 2.0.0 is installed and is not downgraded unless that is asked for',
    },
  ],
  [
    'an installed module that no version of helps',
    {
      catalog: `${first}\nelections 1.0.0 needs digital_card ^1.0\nelections 1.1.0 needs digital_card ^1.0`,
      standing: 'digital_card 1.0.0, elections 1.0.0',
      wishes: 'finance 2.0.0',
    },
    {
      reason: 'dependency-conflict',
      message: 'finance 2.0.0 needs digital_card ^2.0, elections 1.1.0 and 1.0.0 need digital_card ^1.0, but elections 1.0.0 is installed',
    },
  ],
  [
    'a diamond',
    {
      catalog: `
        app 1.0.0 needs left ^1.0, needs right ^1.0
        left 1.0.0 needs base ^1.0
        right 1.0.0 needs base ^2.0
        base 1.0.0
        base 2.0.0`,
      wishes: 'app',
    },
    {
      reason: 'dependency-conflict',
      message: 'app 1.0.0 needs left ^1.0 and right ^1.0, left 1.0.0 needs base ^1.0, but right 1.0.0 needs base ^2.0',
    },
  ],
  [
    'a diamond whose newest version is told of, and the others named',
    {
      catalog: `
        app 2.0.0 needs left ^1.0, needs right ^1.0
        app 1.0.0 needs right ^2.0
        left 1.0.0 needs base ^1.0
        right 1.0.0 needs base ^2.0
        base 1.0.0
        base 2.0.0`,
      wishes: 'app',
    },
    {
      reason: 'dependency-conflict',
      message:
        'app 2.0.0 needs left ^1.0 and right ^1.0, left 1.0.0 needs base ^1.0, but right 1.0.0 needs base ^2.0; app 1.0.0 does not fit either',
    },
  ],
  [
    'a circle',
    {
      catalog: 'app 1.0.0 needs egg ^1.0\nchicken 1.0.0 needs egg ^1.0\negg 1.0.0 needs chicken ^1.0',
      wishes: 'app',
    },
    {
      reason: 'dependency-cycle',
      message:
        'app 1.0.0 needs egg ^1.0, egg 1.0.0 needs chicken ^1.0, but chicken 1.0.0 needs egg ^1.0; they go round in a circle, which only their authors can break',
    },
  ],
  [
    'a circle through what was asked for',
    { catalog: 'chicken 1.0.0 needs egg ^1.0\negg 1.0.0 needs chicken ^1.0', wishes: 'egg' },
    {
      reason: 'dependency-cycle',
      message:
        'egg 1.0.0 needs chicken ^1.0, but chicken 1.0.0 needs egg ^1.0; they go round in a circle, which only their authors can break',
    },
  ],
  [
    'a module that needs itself',
    { catalog: 'snake 1.0.0 needs snake ^1.0', wishes: 'snake' },
    {
      reason: 'dependency-cycle',
      message: 'snake 1.0.0 needs snake ^1.0; they go round in a circle, which only their authors can break',
    },
  ],
  [
    'an optional dependency on what is installed in another version',
    { catalog: 'calendar 1.0.0 knows membership ^1.0\nmembership 2.0.0', standing: 'membership 2.0.0', wishes: 'calendar' },
    {
      reason: 'dependency-conflict',
      message: 'calendar 1.0.0 works only with membership ^1.0, but membership 2.0.0 is installed',
    },
  ],
  [
    'an optional dependency of what is installed on what is asked for in another version',
    { catalog: 'calendar 1.0.0 knows membership ^1.0\nmembership 2.0.0', standing: 'calendar 1.0.0', wishes: 'membership' },
    {
      reason: 'dependency-conflict',
      message: 'calendar 1.0.0, which is installed, works only with membership ^1.0, but membership 2.0.0 is asked for',
    },
  ],
  [
    'a version past its sunset',
    { catalog: 'finance 1.0.0 (sunset)', wishes: 'finance' },
    { reason: 'past-sunset', message: 'finance 1.0.0 is past its sunset of 2026-03-01T00:00:00.000Z; choose a newer version' },
  ],
  [
    'a dependency past its sunset',
    { catalog: 'finance 1.0.0 needs membership ^1.0\nmembership 1.0.0 (sunset)\nmembership 2.0.0', wishes: 'finance' },
    {
      reason: 'past-sunset',
      message: 'finance 1.0.0 needs membership ^1.0, but membership 1.0.0 is past its sunset of 2026-03-01T00:00:00.000Z',
    },
  ],
  [
    'a dependency that was withdrawn',
    { catalog: 'finance 1.0.0 needs membership ^1.0\nmembership 1.0.0 (withdrawn)\nmembership 1.1.0 (withdrawn)', wishes: 'finance' },
    { reason: 'withdrawn', message: 'finance 1.0.0 needs membership ^1.0, but membership 1.1.0 and 1.0.0 were withdrawn' },
  ],
  [
    'a dependency that is a draft',
    { catalog: 'finance 1.0.0 needs membership ^1.0\nmembership 1.0.0 (draft)', wishes: 'finance' },
    {
      reason: 'not-published',
      message: 'finance 1.0.0 needs membership ^1.0, but membership 1.0.0 is a draft; a platform admin must publish it first',
    },
  ],
  [
    'an upgrade that leaves a dependent behind, with what would work',
    {
      catalog: first,
      standing: 'digital_card 1.0.0, membership 1.0.0, finance 1.0.0',
      kind: 'upgrade',
      wishes: 'digital_card 2.0.0',
    },
    {
      reason: 'dependents-in-the-way',
      message:
        'digital_card 2.0.0 is asked for, but finance 1.0.0, which is installed, needs digital_card ^1.0; ask for digital_card 2.0.0 and finance 2.0.0 together',
    },
  ],
  [
    'an upgrade that a dependent of a dependency is left behind by',
    {
      catalog: `${first}\nelections 1.0.0 needs digital_card ^1.0`,
      standing: 'digital_card 1.0.0, membership 1.0.0, finance 1.0.0, elections 1.0.0',
      kind: 'upgrade',
      wishes: 'finance',
    },
    {
      reason: 'dependents-in-the-way',
      message:
        'finance 2.0.0 needs digital_card ^2.0, but elections 1.0.0, which is installed, needs digital_card ^1.0; nothing that could be asked for together with it would fit',
    },
  ],
  [
    'a downgrade that leaves a dependent behind',
    {
      catalog: first,
      standing: 'digital_card 2.0.0, membership 1.0.0, finance 2.0.0',
      kind: 'downgrade',
      wishes: 'digital_card 1.0.0',
    },
    {
      reason: 'dependents-in-the-way',
      message:
        'digital_card 1.0.0 is asked for, but finance 2.0.0, which is installed, needs digital_card ^2.0; ask for digital_card 1.0.0 and finance 1.0.0 together',
    },
  ],
  [
    'an uninstall of what others need',
    { catalog: first, standing: 'digital_card 1.0.0, membership 1.0.0, finance 1.0.0', kind: 'uninstall', wishes: 'digital_card' },
    {
      reason: 'dependents-in-the-way',
      message: 'digital_card cannot be uninstalled: finance 1.0.0 needs digital_card ^1.0; uninstall digital_card and finance together',
    },
  ],
];

describe('A refusal tells a tenant admin of', () => {
  test.each(golden)('%s', (_, situation, expected) => {
    const { reason, message } = explanationOf(situation);
    expect({ reason, message }).toEqual(expected);
  });
});

describe('The facts of a refusal', () => {
  test('are the chain, link by link, for programs', () => {
    const { facts } = explanationOf({ catalog: 'finance 1.0.0 needs membership ^1.0\nmembership 1.0.0 (draft)', wishes: 'finance' });
    expect(facts).toEqual({
      module: 'finance',
      chain: [
        { fact: 'asked', module: 'finance', versions: ['1.0.0'], says: 'finance 1.0.0 is asked for' },
        {
          fact: 'needs',
          module: 'finance',
          versions: ['1.0.0'],
          needs: { module: 'membership', range: '^1.0', optional: false },
          says: 'finance 1.0.0 needs membership ^1.0',
        },
        { fact: 'not-published', module: 'membership', versions: ['1.0.0'], says: 'membership 1.0.0 is a draft' },
      ],
    });
  });

  test('say what would work if it was asked for together', () => {
    const standing = 'digital_card 1.0.0, membership 1.0.0, finance 1.0.0';
    expect(explanationOf({ catalog: first, standing, kind: 'upgrade', wishes: 'digital_card 2.0.0' }).facts['together']).toEqual([
      { module: 'digital_card', from: '1.0.0', to: '2.0.0' },
      { module: 'finance', from: '1.0.0', to: '2.0.0' },
    ]);
    expect(explanationOf({ catalog: first, standing, kind: 'uninstall', wishes: 'membership' }).facts['together']).toEqual([
      { module: 'finance' },
      { module: 'membership' },
    ]);
  });
});
