import { defineMigrator } from '../../../../../../contexts/shared/application/define-migrator.ts';
import { createPoints } from '../../loyalty.ts';
import { annotatePoints } from './migrations/tenant-0002-annotate-points.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createPoints, annotatePoints] });
