import { defineApi } from '../shared/application/route.ts';
import { makeSqlForumStore } from './adapters/sql-forum-store.ts';
import { forumRoutes } from './application/forum-routes.ts';

export const declaration = defineApi({
  module: 'membership_forum',
  routes: (ports) => forumRoutes({ ...ports, store: makeSqlForumStore(ports) }),
});
