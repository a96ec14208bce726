import * as z from 'zod';
import { defineModule } from '../shared/application/define-module.ts';

const Configuration = z.strictObject({
  defaultLocale: z.string().min(2).max(35).default('en').describe('For profiles that name none, as BCP 47: de-CH.'),
  defaultTimeZone: z.string().min(1).max(60).default('UTC').describe('For profiles that name none, as IANA names it: Europe/Zurich.'),
});

export const manifest = defineModule({
  name: 'user_management',
  title: 'User management',
  description: 'The people who sign in: a profile for each in the tenant, with name, language and time zone.',
  subscriptionRequired: false,
  serves: '>=1.0.0 <2.0.0',
  versions: [
    {
      version: '1.0.0',
      migrations: { landlord: 1, tenant: 1 },
      tables: { landlord: ['users'], tenant: ['user_profiles'] },
      configuration: z.toJSONSchema(Configuration, { io: 'input' }),
    },
  ],
});
