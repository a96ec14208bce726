import { defineMigrator } from '../shared/application/define-migrator.ts';
import { seedDefaultLevel } from './migrations/seed-default-level.ts';
import { createMembershipLevels } from './migrations/tenant-0001-create-membership-levels.ts';
import { createMembers } from './migrations/tenant-0002-create-members.ts';
import { addRenewals } from './migrations/tenant-0003-add-renewals.ts';
import { indexMemberNames } from './migrations/tenant-0004-index-member-names.ts';
import { manifest } from './module.ts';

export const declaration = defineMigrator({
  manifest,
  landlord: [],
  tenant: [createMembershipLevels, createMembers, addRenewals, indexMemberNames],
  seed: seedDefaultLevel,
});
