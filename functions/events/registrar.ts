import { composeRegistrar } from '../compose/registrar.ts';
import { makeCustomResourceHandler } from './custom-resource.ts';

let registrar: ReturnType<typeof composeRegistrar> | undefined;

/** `Custom::Landlord` prepares the cluster; `Custom::Module` brings a deployed module into the catalog, its versions as drafts. */
export const handler = makeCustomResourceHandler(async ({ RequestType, ResourceType, ResourceProperties }) => {
  registrar ??= composeRegistrar();
  if (ResourceType === 'Custom::Landlord') return registrar.landlord(RequestType, ResourceProperties);
  return registrar.module(RequestType, ResourceProperties);
});
