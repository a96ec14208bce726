import { createDeclaredTable } from '../shared/application/declared-table.ts';
import { defineMigrator } from '../shared/application/define-migrator.ts';
import { calendars, events, globalConfig } from './blueprint.ts';
import { openFirstCalendar } from './migrations/open-first-calendar.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [createDeclaredTable(1, globalConfig)],
  tenant: [createDeclaredTable(1, calendars), createDeclaredTable(2, events)],
  hooks: { postInstall: openFirstCalendar },
  blueprint: { '1.0.0': [globalConfig, calendars, events] },
});
