import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Post, Topic } from '../domain/topic.ts';

export interface TopicPage {
  readonly limit: number;
  /** The id of the last topic seen: topics come newest first. */
  readonly after?: string | undefined;
  readonly closed?: boolean | undefined;
}

export interface PostPage {
  readonly limit: number;
  /** The id of the last post seen: posts come oldest first. */
  readonly after?: string | undefined;
}

/** Within one transaction. */
export interface ForumChanges {
  /** Held until the transaction ends, so that nobody closes it meanwhile. */
  readonly topic: (id: string) => Promise<Topic | undefined>;
  readonly add: (topic: Topic) => Promise<void>;
  readonly replace: (topic: Topic) => Promise<void>;
  readonly addPost: (post: Post) => Promise<void>;
}

/** The forum of a tenant, in its own database. Rejects with Contended or Unavailable. */
export interface ForumStore {
  readonly topic: (tenant: TenantRef, id: string) => Promise<Topic | undefined>;
  readonly topics: (tenant: TenantRef, page: TopicPage) => Promise<readonly Topic[]>;
  readonly posts: (tenant: TenantRef, topicId: string, page: PostPage) => Promise<readonly Post[]>;
  /**
   * One transaction. With a key, an answer given before is given again and `work` is not run; a key that came with another
   * body before rejects with Refused. Answers are JSON.
   */
  readonly change: <Answer>(
    tenant: TenantRef,
    key: IdempotencyKey | undefined,
    work: (changes: ForumChanges) => Promise<Answer>,
  ) => Promise<Answer>;
}
