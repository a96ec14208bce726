import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CardStore } from '../../contexts/digital-card/application/ports.ts';
import type { Card } from '../../contexts/digital-card/domain/card.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';

export interface CardStoreUnderTest {
  readonly store: CardStore;
  /** Two tenants that have the module, without cards. */
  readonly tenant: TenantRef;
  readonly other: TenantRef;
}

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

/** What every CardStore keeps, in memory or in PostgreSQL. */
export const keepsTheCardStoreContract = (name: string, open: () => Promise<CardStoreUnderTest>): void => {
  describe(`The ${name} card store`, () => {
    let under: CardStoreUnderTest;
    let templateId: string;
    beforeEach(async () => {
      under = await open();
      templateId = (await under.store.templates(under.tenant))[0]?.id ?? '';
    });
    const aCard = (n: number, more: Partial<Card> = {}): Card => ({
      id: id(n),
      code: `CODE${n}`,
      templateId,
      holder: { name: `Holder ${n}` },
      attributes: {},
      issuedAt: at,
      issuedBy: 'admin',
      version: 1,
      ...more,
    });
    /** Without the number, which it may have been given. */
    const read = async (cardId: string) => {
      const { number: _given, ...card } = (await under.store.card(under.tenant, cardId)) ?? {};
      return card;
    };
    const add = (...cards: readonly Card[]) =>
      under.store.change(under.tenant, undefined, async (changes) => {
        for (const card of cards) await changes.add(card);
      });

    test('gives a card back as it was put in', async () => {
      const whole = aCard(1, {
        holder: { name: 'Ada "the first" O’Neil', reference: 'M-1' },
        attributes: { tier: 'gold', points: 12, vip: true },
        expiresAt: later,
        revoked: { at: later, reason: 'lost' },
      });
      const bare = aCard(2, { revoked: { at: later } });
      await add(whole, bare);
      expect(await read(whole.id)).toEqual(whole);
      expect(await read(bare.id)).toEqual(bare);
      expect(await under.store.card(under.tenant, id(9))).toBeUndefined();
    });

    test('answers a card that it adds as it reads it afterwards', async () => {
      const added = await under.store.change(under.tenant, undefined, (changes) => changes.add(aCard(1)));
      expect(added).toEqual(await under.store.card(under.tenant, id(1)));
    });

    test('shows a tenant nothing of another', async () => {
      await add(aCard(1));
      expect(await under.store.card(under.other, id(1))).toBeUndefined();
      expect(await under.store.cards(under.other, { limit: 10 }, at)).toEqual([]);
    });

    test('lists the newest first, page by page, and by status', async () => {
      await add(aCard(1), aCard(2, { expiresAt: later }), aCard(3, { revoked: { at } }));
      const ids = async (page: Parameters<CardStore['cards']>[1], now = at) =>
        (await under.store.cards(under.tenant, page, now)).map((card) => card.id);
      expect(await ids({ limit: 2 })).toEqual([id(3), id(2)]);
      expect(await ids({ limit: 2, after: id(2) })).toEqual([id(1)]);
      expect(await ids({ limit: 9, status: 'active' })).toEqual([id(2), id(1)]);
      expect(await ids({ limit: 9, status: 'expired' }, later)).toEqual([id(2)]);
      expect(await ids({ limit: 9, status: 'revoked' })).toEqual([id(3)]);
    });

    test('finds in a transaction what it changes, by id and by code', async () => {
      await add(aCard(1));
      await under.store.change(under.tenant, undefined, async (changes) => {
        const card = await changes.card(id(1));
        expect(await changes.cardByCode('CODE1')).toEqual(card);
        expect(await changes.cardByCode('nothing')).toBeUndefined();
        expect(await changes.card(id(9))).toBeUndefined();
        if (card !== undefined) await changes.replace({ ...card, holder: { name: 'Grace' }, version: 2 });
        await changes.addValidation({ id: id(5), cardId: id(1), outcome: 'valid', at, by: 'door' });
        await changes.addValidation({ id: id(6), outcome: 'unknown', at, by: 'door' });
      });
      expect(await under.store.card(under.tenant, id(1))).toMatchObject({ holder: { name: 'Grace' }, version: 2 });
    });

    test('has a default template', async () => {
      const [first] = await under.store.templates(under.tenant);
      await under.store.change(under.tenant, undefined, async (changes) => {
        expect(await changes.template(undefined)).toEqual(first);
        expect(await changes.template(templateId)).toEqual(first);
        expect(await changes.template(id(9))).toBeUndefined();
      });
    });

    test('keeps nothing of a transaction whose work failed', async () => {
      const failing = under.store.change(under.tenant, { id: 'k', bodyHash: 'a' }, async (changes) => {
        await changes.add(aCard(1));
        throw new Error('no');
      });
      await expect(failing).rejects.toThrow('no');
      expect(await under.store.card(under.tenant, id(1))).toBeUndefined();
      expect(await under.store.change(under.tenant, { id: 'k', bodyHash: 'a' }, async () => ({ done: true }))).toEqual({ done: true });
    });

    test('does the work of a key once, and refuses the key with another body', async () => {
      const key = { id: 'k', bodyHash: 'a' };
      const once = (n: number, given = key) =>
        under.store.change(under.tenant, given, async (changes) => {
          await changes.add(aCard(n));
          return { added: n };
        });
      expect(await once(1)).toEqual({ added: 1 });
      expect(await once(2)).toEqual({ added: 1 });
      expect(await under.store.card(under.tenant, id(2))).toBeUndefined();
      await expect(once(3, { id: 'k', bodyHash: 'b' })).rejects.toMatchObject({
        name: 'Refused',
        refusal: { reason: 'idempotency-key-reused' },
      });
      expect(await under.store.change(under.other, key, async () => ({ mine: true }))).toEqual({ mine: true });
    });
  });
};
