import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { schemaLines } from '../../../contexts/shared/adapters/schema-fingerprint.ts';
import { versionsInOrder } from '../../../contexts/shared/application/define-migrator.ts';
import type { MigratorDeclaration, Scope } from '../../../contexts/shared/application/migration.ts';
import { startStand } from '../../support/tenant-stand.ts';

const { aTenant, job, other } = startStand();
const third = '01K0000000000000000000J0B3';

const roots = [join(import.meta.dirname, '../../../contexts'), join(import.meta.dirname, '../../support/contexts')];

/** Every module there is, but those that are broken on purpose. */
const folders = roots.flatMap((root) =>
  readdirSync(root)
    .filter((folder) => existsSync(join(root, folder, 'migrator.ts')) && !/^(bad|broken)-/.test(folder))
    .map((folder) => ({ folder, file: join(root, folder, 'migrator.ts') })),
);

/** With a version that has nothing yet, so that there is a way back from the first; the landlord's scope as if it were a tenant's. */
const withNothingFirst = ({ manifest, ...declaration }: MigratorDeclaration, scope: Scope): MigratorDeclaration => {
  const versions = manifest.versions.map((v) => ({ ...v, migrations: { landlord: 0, tenant: v.migrations[scope] } }));
  const nothing = {
    ...versionsInOrder({ manifest, ...declaration }).slice(0, 1)[0],
    version: '0.0.0',
    migrations: { landlord: 0, tenant: 0 },
  };
  return {
    manifest: { ...manifest, versions: [nothing as (typeof versions)[number], ...versions] },
    landlord: [],
    tenant: declaration[scope],
    ...(scope === 'tenant' && declaration.seed !== undefined ? { seed: declaration.seed } : {}),
  };
};

describe.each(folders)('Each version of $folder', ({ file }) => {
  test.each<Scope>(['tenant', 'landlord'])('goes up, down and up again to the same structure (%s)', async (scope) => {
    const { declaration } = (await import(file)) as { readonly declaration: MigratorDeclaration };
    const round = withNothingFirst(declaration, scope);
    const { name } = round.manifest;
    const versions = versionsInOrder(round).map(({ version }) => version);
    const tenant = await aTenant();
    const { all, slice } = tenant.bench(round);
    const structure = () => schemaLines(tenant.database, [name]);
    const seen = new Map<string, readonly string[]>();
    await tenant.letIn(name, 1);
    for (const [index, to] of versions.entries()) {
      await all('migrateForTenant', { id: other, fence: 1, to });
      if (index === 1 && round.seed !== undefined) await slice('seed', { id: other, fence: 1, to });
      seen.set(to, await structure());
    }
    await tenant.letIn(name, 2);
    for (const [index, from] of [...versions.entries()].reverse()) {
      const to = versions[index - 1];
      if (to === undefined) break;
      await slice('downgradeForTenant', { id: job, fence: 2, from, to });
      expect([to, await structure()]).toEqual([to, seen.get(to)]);
    }
    await tenant.letIn(name, 3);
    for (const to of versions) {
      for (const phase of ['expand', 'contract'] as const) await all('migrateForTenant', { id: third, fence: 3, to, phase });
      expect([to, await structure()]).toEqual([to, seen.get(to)]);
    }
  });
});
