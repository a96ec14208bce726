/** A tenant's module stands in the tenant's partition. */
export const tenantModuleKey = (tenantId: string, module: string) => ({ pk: `TENANT#${tenantId}`, sk: `MODULE#${module}` });
