import * as z from 'zod';
import { Ulid } from '../../shared/domain/names.ts';
import type { Post, Topic } from '../domain/topic.ts';

/** A topic as the API shows it. */
export const TopicView = z.strictObject({
  id: Ulid,
  title: z.string(),
  posts: z.int(),
  startedAt: z.iso.datetime(),
  status: z.enum(['open', 'closed']),
  closedAt: z.iso.datetime().optional(),
});
export type TopicView = z.infer<typeof TopicView>;

export const PostView = z.strictObject({ id: Ulid, topic: Ulid, author: z.string(), text: z.string(), postedAt: z.iso.datetime() });
export type PostView = z.infer<typeof PostView>;

export const viewTopic = ({ id, title, posts, startedAt, closed }: Topic): TopicView => ({
  id,
  title,
  posts,
  startedAt: startedAt.toISOString(),
  status: closed === undefined ? 'open' : 'closed',
  ...(closed === undefined ? {} : { closedAt: closed.at.toISOString() }),
});

export const viewPost = ({ id, topicId, author, text, postedAt }: Post): PostView => ({
  id,
  topic: topicId,
  author,
  text,
  postedAt: postedAt.toISOString(),
});
