import type * as z from 'zod';
import type { Clock, NewId } from '../domain/clock.ts';
import type { ModuleName } from '../domain/names.ts';
import type { Database } from './database.ts';

/**
 * A route of the HTTP API, declared once: what validates a request is what documents it. A handler reads a request that was
 * authorised and parsed, calls one use case, and shapes the answer; everything else belongs to the middleware.
 */

export type Role = 'platform-admin' | 'tenant-admin' | 'tenant-viewer';

/** Everybody who may read something of a tenant. The middleware keeps tenant roles to their own tenant. */
export const readers = ['platform-admin', 'tenant-admin', 'tenant-viewer'] as const satisfies readonly Role[];
/** Everybody who may change something of a tenant. */
export const writers = ['platform-admin', 'tenant-admin'] as const satisfies readonly Role[];

/** Who asks, from the verified token. Tenant roles always have a tenant. */
export type Caller =
  | { readonly subject: string; readonly role: 'platform-admin'; readonly tenantId?: string }
  | { readonly subject: string; readonly role: 'tenant-admin' | 'tenant-viewer'; readonly tenantId: string }
  /** Of a public route: nobody in particular. */
  | { readonly subject: 'anonymous'; readonly role: 'public'; readonly tenantId?: never };

/** The tenant of a path, resolved from its slug or id. Both are immutable. */
export interface TenantRef {
  readonly id: string;
  readonly slug: string;
}

/** An `Idempotency-Key`, ready to be stored in the transaction of the use case. */
export interface IdempotencyKey {
  /** SHA-256, hex, of tenant, subject, method, path and key: equal only for the same call by the same person. */
  readonly id: string;
  /**
   * SHA-256, hex, of key and body: a repeat with another body is refused with 422. The key, which is stored nowhere, keeps what
   * is secret in a body from being guessed by its hash.
   */
  readonly bodyHash: string;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A request that was authorised and parsed. `tenant` is there when the path has `{tenant}`. */
export interface RouteRequest<Tenant = TenantRef | undefined, Params = unknown, Query = unknown, Body = unknown> {
  readonly caller: Caller;
  readonly tenant: Tenant;
  /** The path's parameters without `{tenant}`. */
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Sent by the caller or made by the gateway; also in the answer, the logs and every problem document. */
  readonly requestId: string;
  readonly idempotency?: IdempotencyKey;
  /** Of a conditional route: the entity tags of its If-Match, as they stand in ETag headers, or `*`. */
  readonly ifMatch?: readonly string[];
}

/** What a route answers. A string or bytes go out as they are (give their content-type); anything else as JSON. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface AnswerDeclaration {
  readonly description: string;
  /** Of the JSON body; without one the answer has no body, or `contentType` says what it is. */
  readonly schema?: z.ZodType;
  readonly contentType?: string;
  /** A body that the schema accepts. */
  readonly example?: unknown;
  /** Headers that the answer carries, each with a sentence. */
  readonly headers?: Readonly<Record<string, string>>;
}
export type AnswerDeclarations = Readonly<Record<number, AnswerDeclaration>>;

/** A route as the middleware, the OpenAPI document and the CDK app see it. */
export interface Route {
  readonly method: Method;
  /** Without `/api/v1`, e.g. `/tenants/{tenant}/cards/{card}`. */
  readonly path: string;
  /** camelCase, unique over all routes. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  /** Who may call it; `public` needs no token. */
  readonly roles: readonly Role[] | 'public';
  /** Of the path's parameters but `{tenant}`, which the middleware resolves. Use `z.strictObject`. */
  readonly params?: z.ZodObject;
  /** Values arrive as strings. Without a schema no parameter is accepted. Use `z.strictObject`. */
  readonly query?: z.ZodObject;
  /** Use `z.strictObject`. A missing body is read as `{}`. */
  readonly body?: z.ZodType;
  /** A body that `body` accepts, for the documentation. */
  readonly bodyExample?: unknown;
  /** The body is a JSON merge patch (RFC 7396), and may say so in its content type. */
  readonly mergePatch?: true;
  /** It changes what the caller has seen: without If-Match it is refused (428). */
  readonly conditional?: true;
  /** Successful answers; problem documents are the same everywhere. */
  readonly answers: AnswerDeclarations;
  /** Refusals particular to this route, for the documentation: status → when. */
  readonly refusals?: Readonly<Record<number, string>>;
  readonly handle: (request: RouteRequest) => Promise<Answer>;
}

/** A route as it is written: `handle` gets what its schemas produce and answers what they accept. */
export interface RouteDefinition<
  Path extends string,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answers extends AnswerDeclarations,
> extends Omit<Route, 'path' | 'params' | 'query' | 'body' | 'answers' | 'handle'> {
  readonly path: Path;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  readonly answers: Answers;
  readonly handle: (
    request: RouteRequest<TenantOf<Path>, z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<DeclaredAnswer<NoInfer<Answers>>>;
}

type TenantOf<Path extends string> = Path extends `${string}{tenant}${string}` ? TenantRef : undefined;

type DeclaredAnswer<Answers extends AnswerDeclarations> = {
  [Status in keyof Answers & number]: Answers[Status] extends { readonly schema: infer Schema extends z.ZodType }
    ? { readonly status: Status; readonly body: DeepReadonly<z.input<Schema>>; readonly headers?: Readonly<Record<string, string>> }
    : { readonly status: Status; readonly body?: string | Uint8Array; readonly headers?: Readonly<Record<string, string>> };
}[keyof Answers & number];

type DeepReadonly<T> = T extends object ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> } : T;

/** Checks a route's handler against its schemas, and forgets their types: the middleware parses with the same schemas. */
export const defineRoute = <
  const Path extends string,
  const Answers extends AnswerDeclarations,
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(
  route: RouteDefinition<Path, Params, Query, Body, Answers>,
): Route => ({ ...route, handle: route.handle as unknown as Route['handle'] });

/** What a module's API may use. Nothing of it is touched when routes are only listed. */
export interface ModuleApiPorts {
  /** The tenant's own database, opened with the tenant's app role: rows of the module's tables, no definitions. */
  readonly database: (tenant: TenantRef) => Database;
  /**
   * What the tenant has configured of the module, defaults filled in, nothing that is write-only: it fits the JSON Schema of the
   * version that stands for the tenant.
   */
  readonly configuration: (tenant: TenantRef) => Promise<Readonly<Record<string, unknown>>>;
  /**
   * The value of a write-only field of it; undefined while it is not set. For the use of the moment: it is not kept, not logged and
   * not answered. Rejects with Unavailable while it cannot be read.
   */
  readonly secret: (tenant: TenantRef, field: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly newId: NewId;
}

/** A module's API, `export const declaration` of its `api.ts`. Every path begins with `/tenants/{tenant}/`. */
export interface ModuleApi {
  readonly module: ModuleName;
  /** Side-effect free: it is also called to list the routes, with ports that refuse to be used. */
  readonly routes: (ports: ModuleApiPorts) => readonly Route[];
}

export const defineApi = (declaration: ModuleApi): ModuleApi => declaration;
