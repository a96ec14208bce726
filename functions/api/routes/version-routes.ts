import * as z from 'zod';
import type { ModuleVersion, makeDeprecateModule, makePublishModule, makeWithdrawModule } from '../../../contexts/module-registry/index.ts';
import { defineRoute, type Route, type RouteRequest } from '../../../contexts/shared/application/route.ts';
import type { Clock } from '../../../contexts/shared/domain/clock.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';
import { VersionView, viewVersion } from '../views/module-view.ts';

export interface VersionUseCases {
  readonly publishModule: ReturnType<typeof makePublishModule>;
  readonly deprecateModule: ReturnType<typeof makeDeprecateModule>;
  readonly withdrawModule: ReturnType<typeof makeWithdrawModule>;
  readonly clock: Clock;
}

/** The life of a version: draft → published → deprecated → withdrawn. */
export const versionRoutes = (useCases: VersionUseCases): readonly Route[] => [
  publishVersion(useCases),
  publish(useCases),
  deprecate(useCases),
  withdraw(useCases),
];

const VersionNumber = z.string().min(1).max(64).meta({ example: '1.0.0' });
const NamedModule = z.strictObject({ module: ModuleName });
const NamedVersion = z.strictObject({ version: VersionNumber });

const common = { method: 'POST', tags: ['Catalog'], roles: ['platform-admin'] } as const;
const answersWith = (description: string) => ({ 200: { description, schema: VersionView } });
const unknown = 'There is no such module or version.';

const publishAnswers = {
  answers: answersWith('The version; the same once it is published.'),
  refusals: {
    404: unknown,
    409: 'The version was retired.',
    422: 'The lint finds a migration that must not run, with file, field and remedy; or no registered version fits what it needs.',
  },
};

const publishVersion = ({ publishModule, clock }: VersionUseCases): Route =>
  defineRoute({
    ...common,
    path: '/platform/modules/{module}/versions/{version}/publish',
    operationId: 'publishModuleVersion',
    summary: 'Publish a version',
    params: z.strictObject({ ...NamedModule.shape, ...NamedVersion.shape }),
    ...publishAnswers,
    handle: async (request) => shown(await publishModule(commandOf(request, request.params)), clock),
  });

const publish = ({ publishModule, clock }: VersionUseCases): Route =>
  defineRoute({
    ...common,
    path: '/platform/modules/{module}/publish',
    operationId: 'publishModule',
    summary: 'Publish a version, named in the body',
    params: NamedModule,
    body: NamedVersion,
    bodyExample: { version: '1.0.0' },
    ...publishAnswers,
    handle: async (request) => shown(await publishModule(commandOf(request, { ...request.params, ...request.body })), clock),
  });

const deprecate = ({ deprecateModule, clock }: VersionUseCases): Route =>
  defineRoute({
    ...common,
    path: '/platform/modules/{module}/deprecate',
    operationId: 'deprecateModule',
    summary: 'Deprecate a version',
    description:
      'An install without a version takes another one from now on; asked for by number it is installed, with a warning, until `sunsetAt`. Tenants that have it keep it. Again with another instant: that one counts.',
    params: NamedModule,
    body: z.strictObject({
      ...NamedVersion.shape,
      sunsetAt: z.iso.datetime({ offset: true }).meta({ description: 'From then on it is not installed anew.' }),
    }),
    bodyExample: { version: '1.0.0', sunsetAt: '2027-06-30T22:00:00Z' },
    answers: answersWith('The version with its sunset.'),
    refusals: { 404: unknown, 409: 'The version was withdrawn.', 422: 'It is a draft, or the instant is over already.' },
    handle: async (request) => {
      const { version, sunsetAt } = request.body;
      const command = { ...commandOf(request, { ...request.params, version }), sunsetAt: new Date(sunsetAt) };
      return shown(await deprecateModule(command), clock);
    },
  });

const withdraw = ({ withdrawModule, clock }: VersionUseCases): Route =>
  defineRoute({
    ...common,
    path: '/platform/modules/{module}/withdraw',
    operationId: 'withdrawModule',
    summary: 'Withdraw a version',
    description: 'At once and for ever: it is not installed anew. Tenants that have it keep it and are warned.',
    params: NamedModule,
    body: NamedVersion,
    bodyExample: { version: '1.0.0' },
    answers: answersWith('The version; the same once it is withdrawn.'),
    refusals: { 404: unknown, 422: 'It is a draft, which nobody can install.' },
    handle: async (request) => shown(await withdrawModule(commandOf(request, { ...request.params, ...request.body })), clock),
  });

const shown = (version: ModuleVersion, clock: Clock) => ({ status: 200, body: viewVersion(version, clock.now()) }) as const;

const commandOf = (
  { caller, idempotency }: Pick<RouteRequest, 'caller' | 'idempotency'>,
  { module, version }: { readonly module: string; readonly version: string },
) => ({ module, version, actor: caller.subject, ...(idempotency ? { idempotency } : {}) });
