import { defineApi } from '../shared/application/route.ts';
import { makeSqlElectionStore } from './adapters/sql-election-store.ts';
import { electionRoutes } from './application/election-routes.ts';

export const declaration = defineApi({
  module: 'elections',
  routes: (ports) => electionRoutes({ ...ports, store: makeSqlElectionStore(ports) }),
});
