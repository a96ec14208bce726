import { defineApi } from '../shared/application/route.ts';
import { newCardCode } from './adapters/card-code.ts';
import { makeSqlCardStore } from './adapters/sql-card-store.ts';
import { cardRoutes } from './application/card-routes.ts';

export const declaration = defineApi({
  module: 'digital_card',
  routes: (ports) => cardRoutes({ ...ports, store: makeSqlCardStore(ports), newCode: newCardCode }),
});
