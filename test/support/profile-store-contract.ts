import { describe, expect, test } from '@jest/globals';
import type { TenantRef } from '../../contexts/shared/application/route.ts';
import type { ProfilePage, ProfileStore } from '../../contexts/user-management/application/ports.ts';
import type { Profile } from '../../contexts/user-management/domain/profile.ts';
import { keepsTheTransactionContract } from './transaction-contract.ts';

export interface ProfileStoreUnderTest {
  readonly store: ProfileStore;
  readonly tenant: TenantRef;
  readonly other: TenantRef;
}

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;
const aProfile = (n: number, more: Partial<Profile> = {}): Profile => ({
  id: id(n),
  subject: `auth0|${n}`,
  displayName: `Person ${n}`,
  createdAt: at,
  version: 1,
  ...more,
});

/** What every ProfileStore keeps, in memory or in PostgreSQL. */
export const keepsTheProfileStoreContract = (name: string, open: () => Promise<ProfileStoreUnderTest>): void => {
  describe(`The ${name} profile store`, () => {
    const add = ({ store, tenant }: ProfileStoreUnderTest, ...profiles: readonly Profile[]) =>
      store.change(tenant, undefined, async (changes) => {
        const added: boolean[] = [];
        for (const profile of profiles) added.push(await changes.add(profile));
        return added;
      });

    keepsTheTransactionContract(async () => {
      const { store, ...tenants } = await open();
      return {
        ...tenants,
        add: (tenant, key, n, then) =>
          store.change(tenant, key, async (changes) => {
            await changes.add(aProfile(n));
            return then();
          }),
        has: async (tenant, n) => (await store.profile(tenant, id(n))) !== undefined,
      };
    });

    test('gives a profile back as it was put in', async () => {
      const under = await open();
      const whole = aProfile(1, {
        displayName: 'Ada "the first" O’Neil',
        email: 'ada@example.org',
        locale: 'en-GB',
        timeZone: 'Europe/London',
        deactivatedAt: later,
        version: 7,
      });
      await add(under, whole, aProfile(2));
      expect(await under.store.profile(under.tenant, id(1))).toEqual(whole);
      expect(await under.store.profile(under.tenant, id(2))).toEqual(aProfile(2));
      expect(await under.store.profile(under.tenant, id(9))).toBeUndefined();
    });

    test('adds no second profile of a subject, and keeps the first', async () => {
      const under = await open();
      expect(await add(under, aProfile(1), aProfile(2, { subject: 'auth0|1' }), aProfile(3))).toEqual([true, false, true]);
      expect(await under.store.profile(under.tenant, id(1))).toEqual(aProfile(1));
      expect(await under.store.profile(under.tenant, id(2))).toBeUndefined();
    });

    test('lists the newest first, page by page, by subject and by being active', async () => {
      const under = await open();
      await add(under, aProfile(1), aProfile(2, { deactivatedAt: later }), aProfile(3));
      const ids = async (page: ProfilePage) => (await under.store.profiles(under.tenant, page)).map((profile) => profile.id);
      expect(await ids({ limit: 2 })).toEqual([id(3), id(2)]);
      expect(await ids({ limit: 2, after: id(2) })).toEqual([id(1)]);
      expect(await ids({ limit: 9, active: true })).toEqual([id(3), id(1)]);
      expect(await ids({ limit: 9, active: false })).toEqual([id(2)]);
      expect(await ids({ limit: 9, subject: 'auth0|3' })).toEqual([id(3)]);
    });

    test('finds in a transaction what it changes', async () => {
      const under = await open();
      await add(under, aProfile(1, { email: 'ada@example.org' }));
      await under.store.change(under.tenant, undefined, async (changes) => {
        expect(await changes.profile(id(9))).toBeUndefined();
        expect(await changes.profile(id(1))).toEqual(aProfile(1, { email: 'ada@example.org' }));
        await changes.replace(aProfile(1, { displayName: 'Grace', version: 2 }));
      });
      expect(await under.store.profile(under.tenant, id(1))).toEqual(aProfile(1, { displayName: 'Grace', version: 2 }));
    });
  });
};
