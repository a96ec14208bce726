import { describe, expect, test } from '@jest/globals';
import { makeSqlForumStore } from '../../../contexts/membership-forum/adapters/sql-forum-store.ts';
import { declaration } from '../../../contexts/membership-forum/migrator.ts';
import { keepsTheForumStoreContract } from '../../support/forum-store-contract.ts';
import { installedOnce, installModule } from '../../support/installed-module.ts';
import { startStand } from '../../support/tenant-stand.ts';

const stand = startStand();
const clock = { now: () => new Date('2026-01-01T00:00:00Z') };
const installed = installedOnce(stand, declaration, '1.0.0', ['forum_topics', 'forum_posts']);

keepsTheForumStoreContract('PostgreSQL', async () => {
  const { database, tenant, other } = await installed();
  return { tenant, other, store: makeSqlForumStore({ database, clock }) };
});

describe('A new forum', () => {
  test('begins with one topic', async () => {
    const { database, tenant } = await installModule(stand, declaration, '1.0.0');
    const topics = await makeSqlForumStore({ database, clock }).topics(tenant, { limit: 9 });
    expect(topics.map(({ title, posts }) => ({ title, posts }))).toEqual([{ title: 'Welcome', posts: 0 }]);
  });
});
