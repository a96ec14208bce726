import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';
import { Configuration } from './domain/configuration.ts';

export const manifest = defineModule({
  name: 'calendar',
  title: 'Calendar',
  description: 'What happens when: calendars of a tenant and the events in them.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 1, tenant: 2 },
      tables: { landlord: ['calendar_global_config'], tenant: ['calendars', 'events'] },
      dependencies: [{ module: 'membership', range: '^1.0', optional: true }],
      configuration: z.toJSONSchema(Configuration, { io: 'input' }),
      hooks: ['postInstall'],
    },
  ],
});
