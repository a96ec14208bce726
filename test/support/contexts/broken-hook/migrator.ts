import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import { createParts } from './migrations/tenant-0001-create-parts.ts';
import { createOrders } from './migrations/tenant-0002-create-orders.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createParts, createOrders],
  seed: (db) => db.insertInto('parts').values({ name: 'bolt' }).execute(),
  hooks: {
    postInstall: {
      timeoutSeconds: 5,
      run: async ({ idempotencyKey }) => {
        throw new Error(`the supplier's system refused the registration ${idempotencyKey}`);
      },
    },
  },
});
