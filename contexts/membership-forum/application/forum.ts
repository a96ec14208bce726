import type { IdempotencyKey, TenantRef } from '../../shared/application/route.ts';
import type { Clock, NewId } from '../../shared/domain/clock.ts';
import { type Refusal, Refused } from '../../shared/domain/errors.ts';
import { closeTopic, startTopic, type Topic, takePost, topicNotFound } from '../domain/topic.ts';
import { type PostView, type TopicView, viewPost, viewTopic } from './forum-view.ts';
import type { ForumStore, PostPage, TopicPage } from './ports.ts';

export interface ForumPorts {
  readonly store: ForumStore;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** For whom, and by whom; with a key, the same command once more gets the same answer. */
export interface Command {
  readonly tenant: TenantRef;
  readonly by: string;
  readonly key?: IdempotencyKey | undefined;
}

export const makeStartTopic =
  ({ store, clock, newId }: ForumPorts) =>
  ({ tenant, by, key }: Command, title: string): Promise<TopicView> =>
    store.change(tenant, key, async (changes) => {
      const topic = startTopic({ id: newId(), title, startedBy: by }, clock.now());
      await changes.add(topic);
      return viewTopic(topic);
    });

export const makeAddPost =
  ({ store, clock, newId }: ForumPorts) =>
  (
    { tenant, by, key }: Command,
    topicId: string,
    { author, text }: { readonly author: string; readonly text: string },
  ): Promise<PostView> =>
    store.change(tenant, key, async (changes) => {
      await changes.replace(accepted(takePost(found(await changes.topic(topicId)))));
      const post = { id: newId(), topicId, author, text, postedAt: clock.now(), postedBy: by };
      await changes.addPost(post);
      return viewPost(post);
    });

export const makeCloseTopic =
  ({ store, clock }: ForumPorts) =>
  ({ tenant, by, key }: Command, id: string): Promise<TopicView> =>
    store.change(tenant, key, async (changes) => {
      const topic = found(await changes.topic(id));
      const closed = closeTopic(topic, by, clock.now());
      if (closed !== topic) await changes.replace(closed);
      return viewTopic(closed);
    });

export const makeReadTopic =
  ({ store }: ForumPorts) =>
  async (tenant: TenantRef, id: string): Promise<TopicView> =>
    viewTopic(found(await store.topic(tenant, id)));

export const makeListTopics =
  ({ store }: ForumPorts) =>
  async (tenant: TenantRef, page: TopicPage): Promise<readonly TopicView[]> =>
    (await store.topics(tenant, page)).map(viewTopic);

export const makeListPosts =
  ({ store }: ForumPorts) =>
  async (tenant: TenantRef, topicId: string, page: PostPage): Promise<readonly PostView[]> => {
    const [topic, posts] = await Promise.all([store.topic(tenant, topicId), store.posts(tenant, topicId, page)]);
    found(topic);
    return posts.map(viewPost);
  };

const found = (topic: Topic | undefined): Topic => {
  if (topic === undefined) throw new Refused(topicNotFound);
  return topic;
};

const accepted = (decided: Topic | Refusal): Topic => {
  if ('reason' in decided) throw new Refused(decided);
  return decided;
};
