import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import { createStage } from './migrations/create-stage.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [1, 2, 3, 4].map(createStage) });
