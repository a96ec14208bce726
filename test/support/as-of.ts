import * as semver from 'semver';
import type { MigratorDeclaration } from '../../contexts/shared/application/migration.ts';

/** A module's migrator as it was deployed when this was its newest version. */
export const asOf = (declaration: MigratorDeclaration, newest: string): MigratorDeclaration => {
  const versions = declaration.manifest.versions.filter(({ version }) => semver.lte(version, newest));
  const last = (scope: 'landlord' | 'tenant'): number => Math.max(...versions.map(({ migrations }) => migrations[scope]));
  return {
    ...declaration,
    manifest: { ...declaration.manifest, versions },
    landlord: declaration.landlord.slice(0, last('landlord')),
    tenant: declaration.tenant.slice(0, last('tenant')),
  };
};
