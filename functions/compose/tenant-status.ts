import type { Job } from '../../contexts/module-registry/index.ts';
import { provisionedWrite } from '../../contexts/tenancy/index.ts';

/** A tenant whose provisioning is given up has failed, whoever gives it up. */
export const tenantStatusWrites = ({ kind, state, tenantId }: Job): readonly unknown[] =>
  kind === 'provision' && state === 'Failed' ? [provisionedWrite(tenantId, 'failed')] : [];
