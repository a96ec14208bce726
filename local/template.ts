import { type Properties, type RawResource, readAssembly, type Scope } from './assembly.ts';
import { makeResolve, type Resolve, referencesIn } from './intrinsics.ts';
import { type Endpoints, identify } from './resource-identity.ts';
import { checkSupported, withoutIgnored } from './supported-resources.ts';

/**
 * The synthesized stacks as one list of resources: what each is called, what its properties say with every reference
 * resolved, and what it depends on. What the embedded cloud does not know stops here, by name.
 */

export interface Resource {
  readonly stack: string;
  readonly logicalId: string;
  readonly type: string;
  /** `{stack}/{logicalId}`: unique in the assembly. */
  readonly key: string;
  /** The construct's path below its stack without CDK's inner names, e.g. `ModuleSteps`: short, and the same everywhere. */
  readonly name: string;
  /** What `Ref` gives. */
  readonly ref: string;
  /** Resolved on first use; the custom resources it refers to must have been made by then. */
  readonly properties: Properties;
  /** What `Fn::GetAtt` gives. */
  readonly attribute: (name: string) => unknown;
}

export interface Template {
  /** All that is not ignored; each resource stands after what it refers to or names in DependsOn. */
  readonly resources: readonly Resource[];
  readonly ofType: (type: string) => readonly Resource[];
  /** What a custom resource answered. */
  readonly recordCustom: (key: string, ref: string, attributes: Properties) => void;
  /** The file or folder of an asset, by its object key. */
  readonly assetPath: (objectKey: string) => string;
}

export interface TemplateOptions {
  readonly folder: string;
  /** Values for parameters, by name; one that no stack declares is an error. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly endpoints: Endpoints;
}

type Known = ReadonlyMap<string, Resource>;

const once = <T>(compute: () => T): (() => T) => {
  let kept: { readonly value: T } | undefined;
  return () => {
    kept ??= { value: compute() };
    return kept.value;
  };
};

const nameOf = (logicalId: string, { Metadata }: RawResource): string => {
  const path = Metadata?.['aws:cdk:path'];
  if (typeof path !== 'string') return logicalId;
  const parts = path.split('/').slice(1);
  const inner = parts.at(-1) === 'Resource' || parts.at(-1) === 'Default';
  return (inner ? parts.slice(0, -1) : parts).join('/') || logicalId;
};

const findParameter = (scope: Scope, name: string, given: Readonly<Record<string, string>>): string | undefined => {
  const declared = scope.raw.Parameters?.[name];
  if (!declared) return undefined;
  const value = given[name] ?? declared.Default;
  if (value === undefined) throw new Error(`${scope.stack}: parameter ${name} has neither a value nor a default`);
  return value;
};

const refuseStrayParameters = (scopes: readonly Scope[], given: Readonly<Record<string, string>>): void => {
  const declared = new Set(scopes.flatMap(({ raw }) => Object.keys(raw.Parameters ?? {})));
  const stray = Object.keys(given).filter((name) => !declared.has(name));
  if (stray.length > 0) throw new Error(`no stack declares the parameter ${stray.join(', ')}`);
};

type Exports = ReadonlyMap<string, { readonly scope: Scope; readonly value: unknown }>;

const readExports = (scopes: readonly Scope[], resolve: Resolve): Exports =>
  new Map(
    scopes.flatMap((scope) =>
      Object.values(scope.raw.Outputs ?? {}).flatMap(({ Value, Export }) =>
        Export ? [[String(resolve(scope, Export.Name)), { scope, value: Value }] as const] : [],
      ),
    ),
  );

/** Keys of everything a resource refers to, through exports of other stacks too. */
const dependenciesOf = (scope: Scope, raw: RawResource, exported: (name: unknown, scope: Scope) => { scope: Scope; value: unknown }) => {
  const keys = new Set([raw.DependsOn ?? []].flat().map((id) => `${scope.stack}/${id}`));
  const walk = (from: Scope, value: unknown): void => {
    const { names, imports } = referencesIn(value);
    for (const name of names) keys.add(`${from.stack}/${name}`);
    for (const name of imports) {
      const found = exported(name, from);
      walk(found.scope, found.value);
    }
  };
  walk(scope, raw.Properties);
  return keys;
};

const inOrder = (known: Known, dependsOn: ReadonlyMap<string, ReadonlySet<string>>): readonly Resource[] => {
  const ordered = new Map<string, Resource>();
  const open = new Set<string>();
  const visit = (key: string): void => {
    const resource = known.get(key);
    if (!resource || ordered.has(key)) return;
    if (open.has(key)) throw new Error(`${key} depends on itself`);
    open.add(key);
    for (const next of dependsOn.get(key) ?? []) visit(next);
    ordered.set(key, resource);
  };
  for (const key of known.keys()) visit(key);
  return [...ordered.values()];
};

interface Making {
  readonly scope: Scope;
  readonly logicalId: string;
  readonly raw: RawResource;
  readonly resolve: Resolve;
  readonly endpoints: Endpoints;
  readonly answers: ReadonlyMap<string, { readonly ref: string; readonly attributes: Properties }>;
}

const makeResource = ({ scope, logicalId, raw, resolve, endpoints, answers }: Making): Resource => {
  const key = `${scope.stack}/${logicalId}`;
  const identity = once(() => {
    if (!raw.Type.startsWith('Custom::')) {
      const property = (name: string): unknown => resolve(scope, raw.Properties?.[name]);
      return identify({ type: raw.Type, stack: scope.stack, logicalId, property }, endpoints);
    }
    const answer = answers.get(key);
    if (!answer) throw new Error(`${key} is referred to before it was made`);
    return answer;
  });
  const properties = once(() => resolve(scope, raw.Properties ?? {}) as Properties);
  return {
    stack: scope.stack,
    logicalId,
    type: raw.Type,
    key,
    name: nameOf(logicalId, raw),
    get ref() {
      return identity().ref;
    },
    get properties() {
      return properties();
    },
    attribute: (name) => {
      const value = identity().attributes[name];
      if (value === undefined) throw new Error(`${key}: ${raw.Type} attribute ${name} is not supported locally`);
      return value;
    },
  };
};

export const loadTemplate = ({ folder, parameters, endpoints }: TemplateOptions): Template => {
  const { scopes, assetPath } = readAssembly(folder);
  refuseStrayParameters(scopes, parameters);
  const known = new Map<string, Resource>();
  const answers = new Map<string, { ref: string; attributes: Properties }>();
  const find = (scope: Scope, logicalId: string): Resource => {
    const found = known.get(`${scope.stack}/${logicalId}`);
    if (!found) throw new Error(`${scope.stack}/${logicalId} is referred to, but is ignored locally or does not exist`);
    return found;
  };
  const imported = (name: string) => {
    const found = exports.get(name);
    if (!found) throw new Error(`no stack exports ${name}`);
    return found;
  };
  const resolve = makeResolve({
    ref: (scope, name) => findParameter(scope, name, parameters) ?? find(scope, name).ref,
    attribute: (scope, logicalId, name) => find(scope, logicalId).attribute(name),
    imported,
  });
  const exports = readExports(scopes, resolve);
  const dependsOn = new Map<string, ReadonlySet<string>>();
  for (const scope of scopes) {
    for (const [logicalId, declared] of Object.entries(scope.raw.Resources ?? {})) {
      const key = `${scope.stack}/${logicalId}`;
      if (checkSupported(key, declared) === 'ignored') continue;
      const raw = withoutIgnored(declared);
      known.set(key, makeResource({ scope, logicalId, raw, resolve, endpoints, answers }));
      dependsOn.set(
        key,
        dependenciesOf(scope, raw, (name, from) => imported(String(resolve(from, name)))),
      );
    }
  }
  const resources = inOrder(known, dependsOn);
  return {
    resources,
    ofType: (type) => resources.filter((resource) => resource.type === type),
    recordCustom: (key, ref, attributes) => void answers.set(key, { ref, attributes }),
    assetPath,
  };
};
