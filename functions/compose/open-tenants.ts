import type { Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import { makeDynamoTenants, makeResolveTenant } from '../../contexts/tenancy/index.ts';
import type { FindTenant } from '../http/tenant.ts';
import { newId } from './registry.ts';

/** The tenants that paths name. */
export const openTenantFinder = (table: Table): FindTenant => makeResolveTenant(makeDynamoTenants(table, newId));
