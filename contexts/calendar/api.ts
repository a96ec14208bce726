import { defineApi } from '../shared/application/route.ts';
import { makeSqlCalendarStore } from './adapters/sql-calendar-store.ts';
import { calendarRoutes } from './application/calendar-routes.ts';

export const declaration = defineApi({
  module: 'calendar',
  routes: (ports) => calendarRoutes({ ...ports, store: makeSqlCalendarStore(ports) }),
});
