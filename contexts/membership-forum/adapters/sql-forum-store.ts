import type { Kysely } from 'kysely';
import { onceForKey } from '../../shared/adapters/idempotency.ts';
import { kyselyOver, type Queryable } from '../../shared/application/database.ts';
import type { ModuleApiPorts } from '../../shared/application/route.ts';
import type { ForumChanges, ForumStore } from '../application/ports.ts';
import type { Post, Topic } from '../domain/topic.ts';

/** The forum in the tenant's own database, in the schema of the module. */
export const makeSqlForumStore = ({ database, clock }: Pick<ModuleApiPorts, 'database' | 'clock'>): ForumStore => ({
  topic: async (tenant, id) => {
    const row = await tables(database(tenant)).selectFrom('forum_topics').selectAll().where('id', '=', id).executeTakeFirst();
    return row === undefined ? undefined : toTopic(row);
  },
  topics: async (tenant, { limit, after, closed }) => {
    let query = tables(database(tenant)).selectFrom('forum_topics').selectAll().orderBy('id', 'desc').limit(limit);
    if (after !== undefined) query = query.where('id', '<', after);
    if (closed !== undefined) query = query.where('closed_at', closed ? 'is not' : 'is', null);
    return (await query.execute()).map(toTopic);
  },
  posts: async (tenant, topicId, { limit, after }) => {
    let query = tables(database(tenant)).selectFrom('forum_posts').selectAll().where('topic_id', '=', topicId).orderBy('id').limit(limit);
    if (after !== undefined) query = query.where('id', '>', after);
    return (await query.execute()).map(toPost);
  },
  change: (tenant, key, work) =>
    database(tenant).transaction((transaction) =>
      onceForKey({ transaction, scope: schema, key, at: clock.now(), work: () => work(changes(transaction)) }),
    ),
});

interface ForumTables {
  readonly forum_topics: TopicRow;
  readonly forum_posts: PostRow;
}

interface TopicRow {
  readonly id: string;
  readonly title: string;
  readonly posts: number;
  readonly started_at: Date;
  readonly started_by: string;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
}

interface PostRow {
  readonly id: string;
  readonly topic_id: string;
  readonly author: string;
  readonly body: string;
  readonly posted_at: Date;
  readonly posted_by: string;
}

const schema = 'membership_forum';

const tables = (queryable: Queryable): Kysely<ForumTables> => kyselyOver<ForumTables>(queryable).withSchema(schema);

const changes = (transaction: Queryable): ForumChanges => {
  const db = tables(transaction);
  return {
    topic: async (id) => {
      const row = await db.selectFrom('forum_topics').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
      return row === undefined ? undefined : toTopic(row);
    },
    add: async (topic) => {
      await db.insertInto('forum_topics').values(toTopicRow(topic)).execute();
    },
    replace: async (topic) => {
      const { id, ...row } = toTopicRow(topic);
      await db.updateTable('forum_topics').set(row).where('id', '=', id).execute();
    },
    addPost: async ({ id, topicId, author, text, postedAt, postedBy }) => {
      const row = { id, topic_id: topicId, author, body: text, posted_at: postedAt, posted_by: postedBy };
      await db.insertInto('forum_posts').values(row).execute();
    },
  };
};

const toTopicRow = ({ id, title, posts, startedAt, startedBy, closed }: Topic): TopicRow => ({
  id,
  title,
  posts,
  started_at: startedAt,
  started_by: startedBy,
  closed_at: closed?.at ?? null,
  closed_by: closed?.by ?? null,
});

const toTopic = ({ id, title, posts, started_at, started_by, closed_at, closed_by }: TopicRow): Topic => ({
  id,
  title,
  posts,
  startedAt: started_at,
  startedBy: started_by,
  ...(closed_at === null || closed_by === null ? {} : { closed: { at: closed_at, by: closed_by } }),
});

const toPost = ({ id, topic_id, author, body, posted_at, posted_by }: PostRow): Post => ({
  id,
  topicId: topic_id,
  author,
  text: body,
  postedAt: posted_at,
  postedBy: posted_by,
});
