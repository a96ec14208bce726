import * as z from 'zod';

/** What a tenant configures of its calendars. */
export const Configuration = z.strictObject({
  timeZone: z
    .string()
    .regex(/^[A-Za-z]+(\/[A-Za-z0-9_+-]+){0,2}$/)
    .default('UTC')
    .meta({ description: 'Where the tenant is, as IANA names it.', examples: ['Europe/Vienna'] }),
  firstDayOfWeek: z.enum(['monday', 'saturday', 'sunday']).default('monday').meta({ description: 'Where a week begins.' }),
});
