import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Card,
  type CardTemplate,
  changeCard,
  issueCard,
  judge,
  revokeCard,
  statusOf,
} from '../../../contexts/digital-card/domain/card.ts';

const at = new Date('2026-01-01T00:00:00Z');
const later = (days: number) => new Date(at.getTime() + days * 86_400_000);
const template: CardTemplate = { id: 'T', name: 'Standard', layout: {}, validityDays: 30, isDefault: true };
const order = { id: 'C', code: 'K', template, holder: { name: 'Ada' }, attributes: {}, by: 'admin' };

const aCard = (more: Partial<Parameters<typeof issueCard>[0]> = {}): Card => {
  const card = issueCard({ ...order, ...more }, at);
  if ('reason' in card) throw new Error(card.reason);
  return card;
};

describe('A card', () => {
  test('is good for as long as its template says, unless told otherwise', () => {
    expect(aCard().expiresAt).toEqual(later(30));
    expect(aCard({ expiresAt: later(2) }).expiresAt).toEqual(later(2));
    const { validityDays: _none, ...endless } = template;
    expect(aCard({ template: endless }).expiresAt).toBeUndefined();
  });

  test('is not issued when it would have expired already', () => {
    expect(issueCard({ ...order, expiresAt: at }, at)).toMatchObject({ reason: 'card-expires-too-early' });
  });

  test('is active until its expiry, and then expired', () => {
    expect(statusOf(aCard(), at)).toBe('active');
    expect(statusOf(aCard(), later(30))).toBe('expired');
  });

  test('is revoked for good: a second time changes nothing, not even the reason', () => {
    const revoked = revokeCard(aCard(), 'lost', later(1));
    expect(revoked).toMatchObject({ version: 2, revoked: { at: later(1), reason: 'lost' } });
    expect(revokeCard(revoked, 'stolen', later(2))).toBe(revoked);
    expect(revokeCard(aCard(), undefined, later(1)).revoked).toEqual({ at: later(1) });
    expect(statusOf(revoked, later(90))).toBe('revoked');
  });

  test('keeps what a change leaves out', () => {
    const card = aCard({ holder: { name: 'Ada', reference: 'M1' }, attributes: { tier: 'gold' } });
    expect(changeCard(card, {})).toEqual({ ...card, version: 2 });
    expect(changeCard(card, { holder: { name: 'Grace' } })).toMatchObject({ holder: { name: 'Grace', reference: 'M1' } });
    expect(changeCard(card, { holder: { reference: null } })).toMatchObject({ holder: { name: 'Ada' } });
    expect(changeCard(card, { attributes: {} })).toMatchObject({ attributes: {} });
    expect(changeCard(card, { expiresAt: later(3) })).toMatchObject({ expiresAt: later(3) });
    expect(changeCard(card, { expiresAt: null })).not.toHaveProperty('expiresAt');
  });

  test('is not changed when it was changed meanwhile, is revoked, or would expire before its issue', () => {
    expect(changeCard(aCard(), { version: 7 })).toMatchObject({ reason: 'card-changed-meanwhile', facts: { version: 1 } });
    expect(changeCard(revokeCard(aCard(), undefined, at), {})).toMatchObject({ reason: 'card-revoked' });
    expect(changeCard(aCard(), { expiresAt: at })).toMatchObject({ reason: 'card-expires-too-early' });
  });
});

describe('Showing a code', () => {
  test('is valid exactly while its card is active', () => {
    expect(judge(undefined, at)).toBe('unknown');
    expect(judge(revokeCard(aCard(), undefined, at), at)).toBe('revoked');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), (days) => {
        expect(judge(aCard(), later(days)) === 'valid').toBe(statusOf(aCard(), later(days)) === 'active');
      }),
    );
    expect(judge(aCard(), later(30))).toBe('expired');
  });
});
