import { defineApi } from '../shared/application/route.ts';
import { makeSqlMemberStore } from './adapters/sql-member-store.ts';
import { memberRoutes } from './application/member-routes.ts';

export const declaration = defineApi({
  module: 'membership',
  routes: (ports) => memberRoutes({ ...ports, store: makeSqlMemberStore(ports) }),
});
