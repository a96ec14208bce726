import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { scanContexts } from '../../contexts/module-registry/adapters/context-scanner.ts';
import { buildApp, type RegistryStacks } from '../../infra/build-app.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { readonly context: Record<string, unknown> };
const folders: string[] = [];

/** A folder that is removed when the file's tests have ended. */
export const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'module-registry-synth-'));
  folders.push(folder);
  return folder;
};

/** An app of its own, with the project's context, whose functions are not bundled. */
export const anApp = (): App => new App({ outdir: aFolder(), context: { ...context, 'aws:cdk:bundling-stacks': [] } });

export const stacksOf = async (roots: readonly string[], app = anApp()): Promise<RegistryStacks> =>
  buildApp(app, await scanContexts(roots));

export const all = ({ data, service, modules }: RegistryStacks): readonly Stack[] => [data, service, ...modules];

/** By logical id. */
export const resourcesOf = (stack: Stack, type?: string): readonly (readonly [string, Resource])[] => {
  const { Resources = {} } = Template.fromStack(stack).toJSON() as { readonly Resources?: Readonly<Record<string, Resource>> };
  return Object.entries(Resources).filter(([, { Type }]) => type === undefined || Type === type);
};

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});
