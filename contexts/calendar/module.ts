import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';

const Configuration = z.strictObject({
  timeZone: z
    .string()
    .regex(/^[A-Za-z]+(\/[A-Za-z0-9_+-]+){0,2}$/)
    .default('UTC')
    .meta({ description: 'Where the tenant is, as IANA names it.', examples: ['Europe/Vienna'] }),
  firstDayOfWeek: z.enum(['monday', 'saturday', 'sunday']).default('monday').meta({ description: 'Where a week begins.' }),
});

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
