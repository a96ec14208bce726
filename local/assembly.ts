import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What CDK synthesized, as it stands on disk: each stack's template, and where each asset lies. */

export type Properties = Readonly<Record<string, unknown>>;

export interface RawResource {
  readonly Type: string;
  readonly Properties?: Properties;
  readonly DependsOn?: string | readonly string[];
  readonly Metadata?: Properties;
  readonly [attribute: string]: unknown;
}

export interface RawStack {
  readonly Parameters?: Readonly<Record<string, { readonly Default?: string }>>;
  readonly Resources?: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: unknown } }>>;
  readonly Conditions?: Properties;
}

/** A template under its stack's name: references are resolved within one. */
export interface Scope {
  readonly stack: string;
  readonly raw: RawStack;
}

export interface Assembly {
  readonly scopes: readonly Scope[];
  /** The file or folder of an asset, by its object key in a template. */
  readonly assetPath: (objectKey: string) => string;
}

interface Artifact {
  readonly type: string;
  readonly properties?: { readonly templateFile?: string; readonly file?: string; readonly stackName?: string };
}
interface AssetManifest {
  readonly files?: Readonly<Record<string, FileAsset>>;
}
interface FileAsset {
  readonly source: { readonly path: string };
  readonly destinations: Readonly<Record<string, { readonly objectKey: string }>>;
}

const readJson = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

export const isRecord = (value: unknown): value is Properties => typeof value === 'object' && value !== null && !Array.isArray(value);

export const readAssembly = (folder: string): Assembly => {
  const { artifacts } = readJson(join(folder, 'manifest.json')) as { artifacts: Readonly<Record<string, Artifact>> };
  const scopes: Scope[] = [];
  const assets = new Map<string, string>();
  for (const [id, { type, properties = {} }] of Object.entries(artifacts)) {
    if (type === 'aws:cloudformation:stack' && properties.templateFile !== undefined)
      scopes.push({ stack: properties.stackName ?? id, raw: readJson(join(folder, properties.templateFile)) as RawStack });
    if (type === 'cdk:asset-manifest' && properties.file !== undefined)
      for (const { source, destinations } of Object.values((readJson(join(folder, properties.file)) as AssetManifest).files ?? {}))
        for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, join(folder, source.path));
  }
  const assetPath = (objectKey: string): string => {
    const path = assets.get(objectKey);
    if (path === undefined) throw new Error(`the assembly in ${folder} has no asset ${objectKey}`);
    return path;
  };
  return { scopes, assetPath };
};
