import { defineApi } from '../shared/application/route.ts';
import { makeSqlProfileStore } from './adapters/sql-profile-store.ts';
import { profileRoutes } from './application/profile-routes.ts';

export const declaration = defineApi({
  module: 'user_management',
  routes: (ports) => profileRoutes({ ...ports, store: makeSqlProfileStore(ports) }),
});
