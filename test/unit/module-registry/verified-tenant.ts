import {
  makeVerifyModule,
  type Repairs,
  type VerifyModule,
  type VerifyModulePorts,
} from '../../../contexts/module-registry/application/verify-module.ts';
import type { TenantModule } from '../../../contexts/module-registry/domain/tenant-module.ts';
import type { Stands } from '../../../contexts/module-registry/domain/verification.ts';
import { aModule, tenantId } from '../../support/memory-registry.ts';
import { makeMemoryRepairs } from '../../support/memory-repairs.ts';
import { standing } from '../../support/memory-schema-verifier.ts';
import { anEmptyRegistry } from './registry-under-test.ts';

/** As recorded. */
export const active: TenantModule = {
  ...{ tenantId, module: 'finance', status: 'Active', version: '1.1.0', installedBy: 'J0', configuration: { currency: 'CHF' } },
};
const archive = { number: 1, version: '1.1.0', at: new Date(0), expiresAt: new Date(1) };
const { version: _version, ...absentActive } = active;
export const archived: TenantModule = { ...absentActive, status: 'Archived', archive };
export const changing: TenantModule = { ...active, status: 'Changing', jobId: 'J1' };

/** Finance is in the catalog at three versions; what is recorded and what stands is as a test says. */
export const aTenant = (recorded: TenantModule | undefined, stands: Stands) => {
  const it = anEmptyRegistry(['1.1.0', '2.0.0', '1.0.0'].map((version) => aModule('finance', { version })));
  if (recorded) it.state.modules.set('finance', recorded);
  const database = { stands, highestFence: 0 };
  const verifier = standing(
    () => database.stands,
    () => database.highestFence,
  );
  const alongside: unknown[] = [];
  const alongsideRepair: VerifyModulePorts['alongsideRepair'] = ({ module, stands: found }) => {
    alongside.push([module, found]);
    return [];
  };
  const ports = { ...it.ports, verifier, repairs: makeMemoryRepairs(it), alongsideRepair };
  const verify = (more: Partial<VerifyModule> = {}, repairs: Repairs = ports.repairs) =>
    makeVerifyModule({ ...ports, repairs })({ tenantId, module: 'finance', repair: false, actor: 'ada', ...more });
  return {
    it,
    database,
    alongside,
    ports,
    verify,
    repair: (more: Partial<VerifyModule> = {}, repairs?: Repairs) => verify({ repair: true, ...more }, repairs),
    stored: () => it.state.modules.get('finance'),
    events: () => it.trail.events(`REPAIRS#${tenantId}#finance`, { limit: 10 }).items,
    asked: () => verifier.questions.map((question) => question.replace(/^arn:finance:live (\S+) in tenant_acme$/, '$1')),
  };
};
