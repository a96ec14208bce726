import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';

const Configuration = z.strictObject({
  title: z.string().min(1).max(80).default('Forum').describe('What stands above the topics.'),
  guidelines: z.string().max(2_000).default('').describe('Shown to whoever is about to write.'),
});

export const manifest = defineModule({
  name: 'membership_forum',
  title: 'Membership forum',
  description: 'A place for members to talk: topics, posts below them, and topics that are closed when all is said.',
  subscriptionRequired: true,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 0, tenant: 2 },
      tables: { landlord: [], tenant: ['forum_topics', 'forum_posts'] },
      dependencies: [{ module: 'membership', range: '^1.0' }],
      configuration: z.toJSONSchema(Configuration, { io: 'input' }),
      seeds: true,
    },
  ],
});
