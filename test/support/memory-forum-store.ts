import type { ForumStore } from '../../contexts/membership-forum/application/ports.ts';
import type { Post, Topic } from '../../contexts/membership-forum/domain/topic.ts';
import { makeMemoryTenantTables } from './memory-tenant-tables.ts';

/** The forums of some tenants in memory. */
export const makeMemoryForumStore = (): ForumStore => {
  const rows = makeMemoryTenantTables({ topics: new Map<string, Topic>(), posts: new Map<string, Post>() });
  return {
    topic: async (tenant, id) => rows.of(tenant).topics.get(id),
    topics: async (tenant, { limit, after, closed }) =>
      [...rows.of(tenant).topics.values()]
        .toSorted((a, b) => (a.id < b.id ? 1 : -1))
        .filter((topic) => (after === undefined || topic.id < after) && (closed === undefined || (topic.closed !== undefined) === closed))
        .slice(0, limit),
    posts: async (tenant, topicId, { limit, after }) =>
      [...rows.of(tenant).posts.values()]
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        .filter((post) => post.topicId === topicId && (after === undefined || post.id > after))
        .slice(0, limit),
    change: (tenant, key, work) =>
      rows.change(tenant, key, ({ topics, posts }) =>
        work({
          topic: async (id) => topics.get(id),
          add: async (topic) => void topics.set(topic.id, topic),
          replace: async (topic) => void topics.set(topic.id, topic),
          addPost: async (post) => void posts.set(post.id, post),
        }),
      ),
  };
};
