export { makeDataApiAdministration } from './adapters/data-api-administration.ts';
export { archiveWrite, makeDynamoTenants, newTenantWrites, previousStatusWrite, tenantStatusWrite } from './adapters/dynamo-tenants.ts';
export { makeSecretsManagerSecrets } from './adapters/secrets-manager-secrets.ts';
export type { TenantJobs, TenantStore } from './application/ports.ts';
export { makeDeprovision, makeProvision, type ProvisioningPorts } from './application/provisioning.ts';
export { scramVerifier } from './application/scram.ts';
export { makeChangeTenant, makePurgeDue, makeSuspendTenant } from './application/tenant-life.ts';
export { makeCreateTenant, makeReadTenant, makeResolveTenant } from './application/tenants.ts';
export { type Tenant, tenantRoles, tenantStatuses } from './domain/tenant.ts';
