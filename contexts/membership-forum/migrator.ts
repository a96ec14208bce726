import { defineMigrator } from '../shared/application/define-migrator.ts';
import { seedWelcomeTopic } from './migrations/seed-welcome-topic.ts';
import { createForumTopics } from './migrations/tenant-0001-create-forum-topics.ts';
import { createForumPosts } from './migrations/tenant-0002-create-forum-posts.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createForumTopics, createForumPosts],
  seed: seedWelcomeTopic,
});
