import { createDeclaredTable } from '../shared/application/declared-table.ts';
import { defineMigrator } from '../shared/application/define-migrator.ts';
import { calendarOpened, openFirstCalendar } from './application/open-first-calendar.ts';
import { calendars, events, globalConfig } from './blueprint.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [createDeclaredTable(1, globalConfig)],
  tenant: [createDeclaredTable(1, calendars), createDeclaredTable(2, events)],
  hooks: { postInstall: openFirstCalendar },
  announces: [calendarOpened],
  blueprint: { '1.0.0': [globalConfig, calendars, events] },
});
