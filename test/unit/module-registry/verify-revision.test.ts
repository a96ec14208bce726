import { describe, expect, test } from '@jest/globals';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import type { Stands } from '../../../contexts/module-registry/domain/verification.ts';
import { active, archived, aTenant, changing } from './verified-tenant.ts';

describe('A registry whose revision lies below what the tenant’s database has seen', () => {
  const behind = (recorded: TenantModule | undefined, stands: Stands) => {
    const it = aTenant(recorded, stands);
    // the second attempt of a job at revision 7, undoing
    it.database.highestFence = 29;
    return it;
  };

  test('says so, and what it means', async () => {
    const { verify, it } = behind(active, { version: '1.1.0' });

    expect(await verify()).toMatchObject({
      agrees: false,
      behind: { revision: 1, seen: 7 },
      problems: [
        'tenant acme is at revision 1, and its database has seen 7: whatever job begins ends as superseded, until a repair raises it',
      ],
    });
    expect(it.state.revision).toBe(1);
  });

  test('is silent while it is not lower', async () => {
    const { verify, it } = behind(active, { version: '1.1.0' });
    it.state.revision = 7;

    expect(await verify()).toMatchObject({ agrees: true, problems: [] });
    expect(await verify()).not.toHaveProperty('behind');
  });

  test.each([
    ['that agrees', active, { version: '1.1.0' }],
    ['in the hands of a job', changing, { version: '1.1.0' }],
    ['that is archived', archived, 'absent'],
  ] as const)('raises itself by the repair of a module %s, which stays as it is, and tells of it once', async (_, recorded, stands) => {
    const { repair, stored, events, it } = behind(recorded, stands);
    const versions = { recorded: recorded.version ?? null, stands: recorded.version ?? null };

    expect([(await repair()).repaired, (await repair()).repaired]).toEqual([true, false]);
    expect([stored(), it.state.revision]).toEqual([recorded, 8]);
    expect(events()).toMatchObject([{ name: 'ModuleRepaired', actor: 'ada', facts: { ...versions, revision: 8 } }]);
  });

  test('raises itself together with what else is repaired', async () => {
    const { repair, stored, it } = behind(active, { version: '1.0.0' });

    expect(await repair()).toMatchObject({ repaired: true });
    expect([stored()?.version, it.state.revision]).toEqual(['1.0.0', 8]);
  });
});
