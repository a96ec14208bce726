import { defineMigrator } from '../../../../contexts/shared/application/define-migrator.ts';
import { createNotes } from './migrations/tenant-0001-create-notes.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [], tenant: [createNotes] });
