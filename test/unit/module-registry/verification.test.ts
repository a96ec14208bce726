import { describe, expect, test } from '@jest/globals';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import { agrees, repaired, type Stands } from '../../../contexts/module-registry/domain/verification.ts';
import { tenantId } from '../../support/memory-registry.ts';

const at = new Date('2026-01-01T00:00:00Z');
const of = { tenantId, module: 'finance', at };
const kept = { tenantId, module: 'finance', configuration: { currency: 'CHF' }, secrets: { ref: 'r1', fields: ['key'] }, archives: 2 };
const archive = { number: 2, version: '1.0.0', at, expiresAt: at };

const recorded = {
  nothing: undefined,
  active: { ...kept, status: 'Active', version: '1.0.0', installedBy: 'J0', installedAt: new Date(0) },
  installing: { ...kept, status: 'Changing', jobId: 'J1' },
  upgrading: { ...kept, status: 'Changing', jobId: 'J1', version: '1.0.0' },
  stuck: { ...kept, status: 'ManualIntervention', jobId: 'J1', version: '1.0.0' },
  stuckInstall: { ...kept, status: 'ManualIntervention', jobId: 'J1' },
  archived: { ...kept, status: 'Archived', archive },
  purging: { ...kept, status: 'Changing', jobId: 'J1', archive },
} satisfies Readonly<Record<string, TenantModule | undefined>>;
type Recorded = keyof typeof recorded;

const found = { same: { version: '1.0.0' }, other: { version: '2.0.0' }, absent: 'absent', unknown: 'unknown' } satisfies Readonly<
  Record<string, Stands>
>;
type Found = keyof typeof found;

const agreeing: Readonly<Record<Recorded, readonly Found[]>> = {
  nothing: ['absent'],
  active: ['same'],
  installing: ['absent'],
  upgrading: ['same'],
  stuck: ['same'],
  stuckInstall: ['absent'],
  archived: ['absent'],
  purging: ['absent'],
};
const allRecorded = Object.keys(recorded) as readonly Recorded[];
const allFound = Object.keys(found) as readonly Found[];

describe('The registry', () => {
  test.each(allRecorded)('agrees with exactly one finding where it says: %s', (name) => {
    expect(allFound.filter((stands) => agrees(recorded[name], found[stands]))).toEqual(agreeing[name]);
  });
});

describe('A repair', () => {
  test('of what is recorded at another version than stands says the version that stands, and keeps all else', () => {
    expect(repaired(recorded.active, found.other, of)).toEqual({ ...recorded.active, version: '2.0.0' });
  });

  test('leaves the configuration the very one that was read, so that it is not written again', () => {
    expect(repaired(recorded.active, found.other, of)).toHaveProperty('configuration', recorded.active.configuration);
    expect((repaired(recorded.active, found.other, of) as TenantModule).configuration).toBe(recorded.active.configuration);
  });

  test('of what is recorded but absent forgets it', () => {
    expect(repaired(recorded.active, 'absent', of)).toBeUndefined();
  });

  test('of what stands unrecorded records it from now on, without a configuration and brought by no job', () => {
    expect(repaired(undefined, found.same, of)).toEqual({
      ...{ tenantId, module: 'finance', status: 'Active', version: '1.0.0' },
      ...{ configuration: {}, installedAt: at },
    });
  });

  test('of what is neither recorded nor stands leaves nothing', () => {
    expect(repaired(undefined, 'absent', of)).toBeUndefined();
  });

  test.each(['nothing', 'active'] as const)('refuses to guess what stands where it fits no version and is recorded as: %s', (name) => {
    expect(repaired(recorded[name], 'unknown', of)).toMatchObject({
      kind: 'conflict',
      reason: 'not-repairable',
      message: expect.stringContaining('fits none of its versions; see docs/runbooks/migration-troubleshooting.md'),
      facts: { module: 'finance' },
    });
  });

  test.each(allFound)('leaves an archive to a person, whatever stands beside it: %s', (stands) => {
    expect(repaired(recorded.archived, found[stands], of)).toMatchObject({
      reason: 'not-repairable',
      message: expect.stringContaining('an archive of it is recorded'),
    });
  });

  describe.each([
    ['installing', 'job-in-the-way'],
    ['upgrading', 'job-in-the-way'],
    ['purging', 'job-in-the-way'],
    ['stuck', 'needs-intervention'],
    ['stuckInstall', 'needs-intervention'],
  ] as const)('of what a job has in its hands (%s)', (name, reason) => {
    test.each(allFound)('is refused, whatever stands: %s', (stands) => {
      expect(repaired(recorded[name], found[stands], of)).toMatchObject({ kind: 'conflict', reason, facts: { jobId: 'J1' } });
    });
  });
});
