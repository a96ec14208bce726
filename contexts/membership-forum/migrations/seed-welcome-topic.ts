import type { Handle } from '../../shared/application/migration.ts';

/** Nobody likes to be the first in an empty room. */
export const seedWelcomeTopic = (db: Handle): Promise<unknown> =>
  db
    .insertInto('forum_topics')
    .values({ id: '00000000000000000000000001', title: 'Welcome', started_by: 'membership_forum' })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
