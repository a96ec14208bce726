import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { makeTable } from '../../shared/adapters/dynamo-table.ts';
import type { MigratorPorts } from '../../shared/application/migrator-runner.ts';
import type { TenantModule } from '../domain/tenant-module.ts';
import { tenantModuleKey } from './tenant-module-key.ts';

/**
 * What a tenant has set of a module, for the module's hooks: read with the tenant's own session, which reaches the tenant's
 * partition of the table and no other. During an install it is what came with the request.
 */
export const makeDynamoConfigured =
  (clientOf: (tenantId: string) => DynamoDBDocumentClient, tableName: string): MigratorPorts['configured'] =>
  async (tenantId, module) => {
    const item = await makeTable(clientOf(tenantId), tableName).get(tenantModuleKey(tenantId, module));
    const { configuration = {}, secrets } = (item ?? {}) as Partial<Pick<TenantModule, 'configuration' | 'secrets'>>;
    return { configuration, secretsSet: secrets?.fields ?? [] };
  };
