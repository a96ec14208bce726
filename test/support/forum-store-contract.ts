import { describe, expect, test } from '@jest/globals';
import type { ForumStore, TopicPage } from '../../contexts/membership-forum/application/ports.ts';
import type { Post, Topic } from '../../contexts/membership-forum/domain/topic.ts';
import type { TenantRef } from '../../contexts/shared/application/route.ts';
import { keepsTheTransactionContract } from './transaction-contract.ts';

export interface ForumStoreUnderTest {
  readonly store: ForumStore;
  readonly tenant: TenantRef;
  readonly other: TenantRef;
}

const at = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-06-01T00:00:00Z');
const id = (n: number) => `01K${String(n).padStart(23, '0')}`;
const aTopic = (n: number, more: Partial<Topic> = {}): Topic => ({
  id: id(n),
  title: `Topic ${n}`,
  posts: 0,
  startedAt: at,
  startedBy: 'admin',
  ...more,
});
const aPost = (n: number, topic: number): Post => ({
  id: id(n),
  topicId: id(topic),
  author: 'M-1',
  text: 'Who brings\nthe "cake"?',
  postedAt: at,
  postedBy: 'admin',
});

/** What every ForumStore keeps, in memory or in PostgreSQL. */
export const keepsTheForumStoreContract = (name: string, open: () => Promise<ForumStoreUnderTest>): void => {
  describe(`The ${name} forum store`, () => {
    keepsTheTransactionContract(async () => {
      const { store, ...tenants } = await open();
      return {
        ...tenants,
        add: (tenant, key, n, then) =>
          store.change(tenant, key, async (changes) => {
            await changes.add(aTopic(n));
            return then();
          }),
        has: async (tenant, n) => (await store.topic(tenant, id(n))) !== undefined,
      };
    });

    test('gives topics and posts back as they were put in', async () => {
      const { store, tenant } = await open();
      const closed = aTopic(2, { posts: 3, closed: { at: later, by: 'moderator' } });
      await store.change(tenant, undefined, async (changes) => {
        await changes.add(aTopic(1));
        await changes.add(closed);
        await changes.addPost(aPost(3, 1));
      });
      expect(await store.topic(tenant, id(1))).toEqual(aTopic(1));
      expect(await store.topic(tenant, id(2))).toEqual(closed);
      expect(await store.topic(tenant, id(9))).toBeUndefined();
      expect(await store.posts(tenant, id(1), { limit: 9 })).toEqual([aPost(3, 1)]);
    });

    test('lists topics newest first and posts oldest first, page by page', async () => {
      const { store, tenant } = await open();
      await store.change(tenant, undefined, async (changes) => {
        for (const n of [1, 2]) await changes.add(aTopic(n));
        await changes.add(aTopic(3, { closed: { at, by: 'admin' } }));
        for (const n of [4, 5, 6]) await changes.addPost(aPost(n, 1));
        await changes.addPost(aPost(7, 2));
      });
      const topics = async (page: TopicPage) => (await store.topics(tenant, page)).map((topic) => topic.id);
      expect(await topics({ limit: 2 })).toEqual([id(3), id(2)]);
      expect(await topics({ limit: 1, after: id(2) })).toEqual([id(1)]);
      expect(await topics({ limit: 2, closed: false })).toEqual([id(2), id(1)]);
      expect(await topics({ limit: 9, closed: true })).toEqual([id(3)]);
      const posts = async (after?: string) => (await store.posts(tenant, id(1), { limit: 2, after })).map((post) => post.id);
      expect(await posts()).toEqual([id(4), id(5)]);
      expect(await posts(id(5))).toEqual([id(6)]);
    });

    test('finds in a transaction what it changes', async () => {
      const { store, tenant } = await open();
      await store.change(tenant, undefined, (changes) => changes.add(aTopic(1)));
      await store.change(tenant, undefined, async (changes) => {
        expect(await changes.topic(id(9))).toBeUndefined();
        expect(await changes.topic(id(1))).toEqual(aTopic(1));
        await changes.replace(aTopic(1, { posts: 1, closed: { at: later, by: 'admin' } }));
      });
      expect(await store.topic(tenant, id(1))).toEqual(aTopic(1, { posts: 1, closed: { at: later, by: 'admin' } }));
    });
  });
};
