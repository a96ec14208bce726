import { defineMigrator } from '../../../../../../contexts/shared/application/define-migrator.ts';
import { createPoints } from '../../loyalty.ts';
import { annotatePointsTwice } from './migrations/tenant-0002-annotate-points-twice.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createPoints, annotatePointsTwice] });
