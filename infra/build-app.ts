import type { App } from 'aws-cdk-lib';
import type { DiscoveredContext } from '../contexts/module-registry/adapters/context-scanner.ts';
import { moduleFolder } from '../contexts/shared/domain/names.ts';
import { DataStack } from './stacks/data-stack.ts';
import { ModuleStack } from './stacks/module-stack.ts';
import { ServiceStack } from './stacks/service-stack.ts';

export interface RegistryStacks {
  readonly data: DataStack;
  readonly service: ServiceStack;
  readonly modules: readonly ModuleStack[];
}

/** The data stack, the service stack, and a stack for each installable context. */
export const buildApp = (app: App, contexts: readonly DiscoveredContext[]): RegistryStacks => {
  const data = new DataStack(app, 'ModuleRegistryData');
  const service = new ServiceStack(app, 'ModuleRegistryService', { data });
  const modules = contexts.map(
    (context) => new ModuleStack(app, `ModuleRegistry-${moduleFolder(context.manifest.name)}`, { context, data, host: service.host }),
  );
  return { data, service, modules };
};
