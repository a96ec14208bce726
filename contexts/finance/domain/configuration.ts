import * as z from 'zod';

/** What a tenant configures. */
export const Configuration = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR')
    .meta({ description: 'The currency that the tenant keeps its books in, ISO 4217.' }),
  paymentProviderKey: z
    .string()
    .min(8)
    .max(200)
    .optional()
    .meta({ description: 'The key that the payment provider gave the tenant. Never shown again.', writeOnly: true }),
});
export type Configuration = z.infer<typeof Configuration>;
