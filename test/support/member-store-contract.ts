import { beforeEach, describe, expect, test } from '@jest/globals';
import type { MemberStore } from '../../contexts/membership/application/ports.ts';
import type { Member } from '../../contexts/membership/domain/member.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';

export interface MemberStoreUnderTest {
  readonly store: MemberStore;
  /** Two tenants that have the module, without members. */
  readonly tenant: TenantRef;
  readonly other: TenantRef;
  /** From 1.1.0 on. */
  readonly renewals: boolean;
}

const at = new Date('2026-01-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;

/** What every MemberStore keeps, in memory or in PostgreSQL. */
export const keepsTheMemberStoreContract = (name: string, open: () => Promise<MemberStoreUnderTest>): void => {
  describe(`The ${name} member store`, () => {
    let under: MemberStoreUnderTest;
    let levelId: string;
    beforeEach(async () => {
      under = await open();
      levelId = (await under.store.levels(under.tenant))[0]?.id ?? '';
    });
    const aMember = (n: number, more: Partial<Member> = {}): Member => ({
      id: id(n),
      number: `M-${n}`,
      name: `Member ${n}`,
      levelId,
      joinedAt: at,
      version: 1,
      ...more,
    });
    /** As it is read: from 1.1.0 on, also that it was never renewed. */
    const asRead = (member: Member): Member => (under.renewals ? { renewedAt: null, ...member } : member);
    const add = (...members: readonly Member[]) =>
      under.store.change(under.tenant, undefined, async (changes) => {
        const added: boolean[] = [];
        for (const member of members) added.push(await changes.add(member));
        return added;
      });

    test('gives a member back as it was put in', async () => {
      const whole = aMember(1, { name: 'Ada "the first" O’Neil', email: 'ada@example.org', leftAt: at });
      expect(await add(whole, aMember(2))).toEqual([true, true]);
      expect(await under.store.member(under.tenant, id(1))).toEqual(asRead(whole));
      expect(await under.store.member(under.tenant, id(2))).toEqual(asRead(aMember(2)));
      expect(await under.store.member(under.tenant, id(9))).toBeUndefined();
    });

    test('shows a tenant nothing of another', async () => {
      await add(aMember(1));
      expect(await under.store.member(under.other, id(1))).toBeUndefined();
      expect(await under.store.members(under.other, { limit: 10 })).toEqual([]);
    });

    test('adds no second member with a number, and keeps the first', async () => {
      expect(await add(aMember(1), aMember(2, { number: 'M-1' }))).toEqual([true, false]);
      expect(await under.store.member(under.tenant, id(1))).toEqual(asRead(aMember(1)));
      expect(await under.store.member(under.tenant, id(2))).toBeUndefined();
    });

    test('lists the newest first, page by page, by status, and by how the name begins', async () => {
      await add(aMember(1, { name: 'Ada' }), aMember(2, { name: 'ada_b', leftAt: at }), aMember(3, { name: 'Grace' }));
      const ids = async (page: Parameters<MemberStore['members']>[1]) =>
        (await under.store.members(under.tenant, page)).map((member) => member.id);
      expect(await ids({ limit: 2 })).toEqual([id(3), id(2)]);
      expect(await ids({ limit: 2, after: id(2) })).toEqual([id(1)]);
      expect(await ids({ limit: 9, status: 'former' })).toEqual([id(2)]);
      expect(await ids({ limit: 9, status: 'current' })).toEqual([id(3), id(1)]);
      expect(await ids({ limit: 9, name: 'ADA' })).toEqual([id(2), id(1)]);
      expect(await ids({ limit: 9, name: 'ada_' })).toEqual([id(2)]);
      expect(await ids({ limit: 9, name: 'a%' })).toEqual([]);
    });

    test('finds in a transaction what it changes, and has a default level', async () => {
      await add(aMember(1));
      const [first] = await under.store.levels(under.tenant);
      await under.store.change(under.tenant, undefined, async (changes) => {
        expect(await changes.level(undefined)).toEqual(first);
        expect(await changes.level(levelId)).toEqual(first);
        expect(await changes.level(id(9))).toBeUndefined();
        expect(await changes.member(id(9))).toBeUndefined();
        const member = await changes.member(id(1));
        if (member !== undefined) await changes.replace({ ...member, leftAt: at, version: 2 });
      });
      expect(await under.store.member(under.tenant, id(1))).toEqual(asRead(aMember(1, { leftAt: at, version: 2 })));
    });

    test('keeps when a membership was renewed, where it knows of renewals', async () => {
      await add(aMember(1));
      const read = await under.store.change(under.tenant, undefined, async (changes) => {
        const member = await changes.member(id(1));
        if (member?.renewedAt === null) await changes.replace({ ...member, renewedAt: at });
        return { renewable: member?.renewedAt === null };
      });
      expect(read).toEqual({ renewable: under.renewals });
      expect(await under.store.member(under.tenant, id(1))).toEqual(under.renewals ? aMember(1, { renewedAt: at }) : aMember(1));
    });

    test('does the work of a key once, and keeps nothing of work that failed', async () => {
      const key = { id: 'k', bodyHash: 'a' };
      const once = (n: number, fails = false) =>
        under.store.change(under.tenant, key, async (changes) => {
          await changes.add(aMember(n));
          if (fails) throw new Error('no');
          return { added: n };
        });
      await expect(once(1, true)).rejects.toThrow('no');
      expect(await under.store.member(under.tenant, id(1))).toBeUndefined();
      expect(await once(2)).toEqual({ added: 2 });
      expect(await once(3)).toEqual({ added: 2 });
      expect(await under.store.member(under.tenant, id(3))).toBeUndefined();
    });
  });
};
