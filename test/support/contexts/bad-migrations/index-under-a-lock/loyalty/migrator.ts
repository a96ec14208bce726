import { defineMigrator } from '../../../../../../contexts/shared/application/define-migrator.ts';
import { createPoints } from '../../loyalty.ts';
import { indexPoints } from './migrations/tenant-0002-index-points.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createPoints, indexPoints] });
