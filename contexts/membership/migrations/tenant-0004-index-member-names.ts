import type { Migration } from '../../shared/application/migration.ts';

/** For finding members by how their name begins: the same query as before, no longer through all of them. */
export const indexMemberNames: Migration = {
  number: 4,
  name: 'index_member_names',
  kind: 'concurrent',
  index: { name: 'members_by_name', table: 'members', on: 'lower(name) text_pattern_ops' },
};
