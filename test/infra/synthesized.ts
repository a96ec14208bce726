import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, jest } from '@jest/globals';
import { synthesize } from '../../local/synthesize.ts';

export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface SynthesizedStack {
  readonly stackName: string;
  readonly template: {
    readonly Resources?: Readonly<Record<string, Resource>>;
    readonly Parameters?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
  };
}

export interface Synthesized {
  readonly data: SynthesizedStack;
  readonly service: SynthesizedStack;
  readonly modules: readonly SynthesizedStack[];
}

// whoever comes first bundles every function of every module
jest.setTimeout(400_000);

const folders: string[] = [];

/** A folder that is removed when the file's tests have ended. */
export const aFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'module-registry-synth-'));
  folders.push(folder);
  return folder;
};

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const suffix = '.template.json';

/** The stacks of the product and of the tests' own modules, from the assembly that embedded clouds run. */
export const synthesized = async (): Promise<Synthesized> => {
  const folder = join(aFolder(), 'assembly');
  await synthesize(folder, ['contexts', 'test/support/contexts'], () => {});
  const stacks = readdirSync(folder)
    .filter((file) => file.endsWith(suffix))
    .map((file) => ({ stackName: file.slice(0, -suffix.length), template: JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
  const named = (name: string): SynthesizedStack => {
    const found = stacks.find(({ stackName }) => stackName === name);
    if (!found) throw new Error(`the assembly has no stack ${name}`);
    return found;
  };
  return {
    data: named('ModuleRegistryData'),
    service: named('ModuleRegistryService'),
    modules: stacks.filter(({ stackName }) => stackName.startsWith('ModuleRegistry-')),
  };
};

export const all = ({ data, service, modules }: Synthesized): readonly SynthesizedStack[] => [data, service, ...modules];

/** By logical id. */
export const resourcesOf = ({ template: { Resources = {} } }: SynthesizedStack, type?: string): readonly (readonly [string, Resource])[] =>
  Object.entries(Resources).filter(([, { Type }]) => type === undefined || Type === type);
