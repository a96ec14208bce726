import { defineMigrator } from '../shared/application/define-migrator.ts';
import { seedDefaultLevel } from './migrations/seed-default-level.ts';
import { createMembershipLevels } from './migrations/tenant-0001-create-membership-levels.ts';
import { createMembers } from './migrations/tenant-0002-create-members.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createMembershipLevels, createMembers],
  seed: seedDefaultLevel,
});
