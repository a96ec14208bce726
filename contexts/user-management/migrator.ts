import { defineMigrator } from '../shared/application/define-migrator.ts';
import { createUsers } from './migrations/landlord-0001-create-users.ts';
import { createUserProfiles } from './migrations/tenant-0001-create-user-profiles.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({ manifest, landlord: [createUsers], tenant: [createUserProfiles] });
