import type { Refusal } from '../../shared/domain/errors.ts';

export interface Topic {
  readonly id: string;
  readonly title: string;
  /** How many posts stand below it. */
  readonly posts: number;
  readonly startedAt: Date;
  /** The subject who called. */
  readonly startedBy: string;
  readonly closed?: { readonly at: Date; readonly by: string };
}

export interface Post {
  readonly id: string;
  readonly topicId: string;
  /** The member who speaks, as the tenant knows it, e.g. a member number. */
  readonly author: string;
  readonly text: string;
  readonly postedAt: Date;
  /** The subject who called: members may have somebody write for them. */
  readonly postedBy: string;
}

export type TopicReason = 'topic-not-found' | 'topic-closed';

export const startTopic = (given: Pick<Topic, 'id' | 'title' | 'startedBy'>, at: Date): Topic => ({ ...given, posts: 0, startedAt: at });

/** The topic with one post more. */
export const takePost = (topic: Topic): Topic | Refusal<TopicReason> =>
  topic.closed === undefined ? { ...topic, posts: topic.posts + 1 } : isClosed(topic);

/** A topic that is closed already stays as it is. */
export const closeTopic = (topic: Topic, by: string, at: Date): Topic =>
  topic.closed === undefined ? { ...topic, closed: { at, by } } : topic;

export const topicNotFound: Refusal<TopicReason> = {
  kind: 'not-found',
  reason: 'topic-not-found',
  message: 'this tenant has no topic with this id',
};

const isClosed = ({ id }: Topic): Refusal<TopicReason> => ({
  kind: 'conflict',
  reason: 'topic-closed',
  message: 'a closed topic takes no more posts: start a new one',
  facts: { topic: id },
});
