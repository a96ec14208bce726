export { makeDataApiAdministration } from './adapters/data-api-administration.ts';
export { makeDynamoTenants, newTenantWrites, provisionedWrite } from './adapters/dynamo-tenants.ts';
export { makeSecretsManagerSecrets } from './adapters/secrets-manager-secrets.ts';
export type { ProvisionJobs, TenantStore } from './application/ports.ts';
export { makeDeprovision, makeProvision } from './application/provisioning.ts';
export { scramVerifier } from './application/scram.ts';
export { makeCreateTenant, makeReadTenant, makeResolveTenant } from './application/tenants.ts';
export type { Tenant } from './domain/tenant.ts';
