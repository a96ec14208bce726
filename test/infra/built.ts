import { readFileSync } from 'node:fs';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { scanContexts } from '../../contexts/module-registry/adapters/context-scanner.ts';
import { buildApp, type RegistryStacks } from '../../infra/build-app.ts';
import { aFolder, type Synthesized, type SynthesizedStack } from './synthesized.ts';

/** For tests that change the app before it is synthesized, or build a second one. The others read what was synthesized once. */

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };

/** An app of its own, with the project's context, whose functions are not bundled. */
export const anApp = (): App => new App({ outdir: aFolder(), context: { ...context, 'aws:cdk:bundling-stacks': [] } });

export const builtIn = async (app: App, roots: readonly string[]): Promise<RegistryStacks> => buildApp(app, await scanContexts(roots));

const templateOf = (stack: Stack): SynthesizedStack => ({
  stackName: stack.stackName,
  template: Template.fromStack(stack).toJSON() as SynthesizedStack['template'],
});

/** The stacks of an app of their own. */
export const builtFrom = async (roots: readonly string[]): Promise<Synthesized> => {
  const { data, service, modules } = await builtIn(anApp(), roots);
  return { data: templateOf(data), service: templateOf(service), modules: modules.map(templateOf) };
};
