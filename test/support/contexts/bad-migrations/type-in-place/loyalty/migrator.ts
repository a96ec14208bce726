import { defineMigrator } from '../../../../../../contexts/shared/application/define-migrator.ts';
import { createPoints } from '../../loyalty.ts';
import { stampPoints } from './migrations/tenant-0002-stamp-points.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createPoints, stampPoints] });
