import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import { createReadings } from './migrations/tenant-0001-create-readings.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createReadings],
  hooks: {
    postInstall: {
      timeoutSeconds: 5,
      run: async () => {
        throw new Error('the meter does not answer');
      },
    },
  },
});
