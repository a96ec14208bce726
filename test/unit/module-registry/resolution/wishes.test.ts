import { describe, expect, test } from '@jest/globals';
import type { Explanation } from '../../../../contexts/module-registry/domain/resolution/resolve.ts';
import { explanationOf, first, type Situation } from './situation.ts';

/** What is wrong with a wish by itself. */
const plain: readonly (readonly [string, Situation, Pick<Explanation, 'kind' | 'reason' | 'message'>])[] = [
  [
    'a module that is not in the catalog',
    { catalog: first, wishes: 'elections' },
    { kind: 'not-found', reason: 'unknown-module', message: 'there is no module elections in the catalog' },
  ],
  [
    'a version that there is not',
    { catalog: first, wishes: 'finance 3.0.0' },
    { kind: 'not-found', reason: 'unknown-version', message: 'finance has no version 3.0.0; it has 2.0.0 and 1.0.0' },
  ],
  [
    'a range that is none',
    { catalog: first, wishes: 'finance soon' },
    { kind: 'not-found', reason: 'unknown-version', message: 'soon is neither a version nor a range; finance has 2.0.0 and 1.0.0' },
  ],
  [
    'an install of what is there',
    { catalog: first, standing: 'membership 1.0.0', wishes: 'membership' },
    {
      kind: 'conflict',
      reason: 'already-installed',
      message: 'membership 1.0.0 is installed already; ask for an upgrade or a downgrade to change its version',
    },
  ],
  [
    'an upgrade of what is not there',
    { catalog: first, kind: 'upgrade', wishes: 'membership' },
    { kind: 'conflict', reason: 'not-installed', message: 'membership is not installed' },
  ],
  [
    'an uninstall of what is not there',
    { catalog: first, kind: 'uninstall', wishes: 'membership' },
    { kind: 'conflict', reason: 'not-installed', message: 'membership is not installed' },
  ],
  [
    'an upgrade to the version that is there',
    { catalog: first, standing: 'digital_card 2.0.0', kind: 'upgrade', wishes: 'digital_card' },
    { kind: 'conflict', reason: 'already-installed', message: 'digital_card 2.0.0 is installed already; there is no newer version' },
  ],
  [
    'an upgrade to an older version',
    { catalog: first, standing: 'digital_card 2.0.0', kind: 'upgrade', wishes: 'digital_card 1.0.0' },
    {
      kind: 'unprocessable',
      reason: 'no-upgrade-path',
      message: 'digital_card 2.0.0 is installed, and 1.0.0 is not newer; ask for a downgrade if that is what you want',
    },
  ],
  [
    'an upgrade when nothing newer may be installed',
    {
      catalog: 'finance 1.0.0\nfinance 1.1.0 (withdrawn)\nfinance 2.0.0 (draft)',
      standing: 'finance 1.0.0',
      kind: 'upgrade',
      wishes: 'finance',
    },
    {
      kind: 'unprocessable',
      reason: 'no-upgrade-path',
      message: 'nothing newer than finance 1.0.0 can be installed: finance 2.0.0 is a draft and finance 1.1.0 was withdrawn',
    },
  ],
  [
    'a downgrade that does not say to what',
    { catalog: first, standing: 'digital_card 2.0.0', kind: 'downgrade', wishes: 'digital_card' },
    {
      kind: 'not-found',
      reason: 'unknown-version',
      message: 'a downgrade of digital_card must say to which version; digital_card has 2.0.0, 1.1.0 and 1.0.0',
    },
  ],
  [
    'a version that is a draft',
    { catalog: 'finance 1.0.0 (draft)', wishes: 'finance 1.0.0' },
    { kind: 'unprocessable', reason: 'not-published', message: 'finance 1.0.0 is a draft; a platform admin must publish it first' },
  ],
  [
    'a version that was withdrawn',
    { catalog: 'finance 1.0.0 (withdrawn)\nfinance 2.0.0', wishes: 'finance ^1.0' },
    { kind: 'unprocessable', reason: 'withdrawn', message: 'finance 1.0.0 was withdrawn; choose another version' },
  ],
];

describe('A refusal tells what is wrong with a wish by itself:', () => {
  test.each(plain)('%s', (_, situation, expected) => {
    const { kind, reason, message } = explanationOf(situation);
    expect({ kind, reason, message }).toEqual(expected);
  });
});
