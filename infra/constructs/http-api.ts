import { Aws, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnApi, CfnAuthorizer, CfnIntegration, CfnRoute, CfnStage } from 'aws-cdk-lib/aws-apigatewayv2';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { ListedRoute } from '../../functions/api/routes.ts';
import { acknowledge } from '../checks/acknowledge.ts';

export interface RegistryHttpApiProps {
  /** Of the tokens: any OIDC issuer. */
  readonly jwtIssuer: string;
  readonly jwtAudience: string;
}

/** The HTTP API: every route needs a token, but those that say they are public. */
export class RegistryHttpApi extends Construct {
  readonly apiId: string;
  readonly authorizerId: string;

  constructor(scope: Construct, id: string, { jwtIssuer, jwtAudience }: RegistryHttpApiProps) {
    super(scope, id);
    this.apiId = new CfnApi(this, 'Api', { name: 'module-registry', protocolType: 'HTTP' }).ref;
    this.authorizerId = new CfnAuthorizer(this, 'Authorizer', {
      apiId: this.apiId,
      name: 'jwt',
      authorizerType: 'JWT',
      identitySource: ['$request.header.Authorization'],
      jwtConfiguration: { issuer: jwtIssuer, audience: [jwtAudience] },
    }).ref;
    const accessLogs = new LogGroup(this, 'AccessLogs', { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY });
    new CfnStage(this, 'Stage', {
      apiId: this.apiId,
      stageName: '$default',
      autoDeploy: true,
      accessLogSettings: { destinationArn: accessLogs.logGroupArn, format: accessLogFormat },
      defaultRouteSettings: { throttlingRateLimit: 500, throttlingBurstLimit: 1_000, detailedMetricsEnabled: true },
    });
  }

  get origin(): string {
    return `https://${this.apiId}.execute-api.${Aws.REGION}.${Aws.URL_SUFFIX}`;
  }
}

const accessLogFormat = JSON.stringify({
  requestId: '$context.requestId',
  at: '$context.requestTime',
  route: '$context.routeKey',
  status: '$context.status',
  latencyMs: '$context.responseLatency',
  subject: '$context.authorizer.claims.sub',
});

export interface HttpRoutesProps {
  readonly api: Pick<RegistryHttpApi, 'apiId' | 'authorizerId'>;
  readonly target: IFunction;
  readonly routes: readonly ListedRoute[];
}

/** The routes that one function serves, under /api/v1. */
export class HttpRoutes extends Construct {
  constructor(scope: Construct, id: string, { api, target, routes }: HttpRoutesProps) {
    super(scope, id);
    const integration = new CfnIntegration(this, 'Integration', {
      apiId: api.apiId,
      integrationType: 'AWS_PROXY',
      integrationUri: target.functionArn,
      payloadFormatVersion: '2.0',
    });
    for (const { method, path, public: isPublic } of routes) {
      const routeKey = `${method} /api/v1${path}`;
      const route = new CfnRoute(this, routeKey.replaceAll(/[^a-zA-Z0-9]+/g, '-'), {
        apiId: api.apiId,
        routeKey,
        target: `integrations/${integration.ref}`,
        authorizationType: isPublic ? 'NONE' : 'JWT',
        ...(isPublic ? {} : { authorizerId: api.authorizerId }),
      });
      if (isPublic)
        acknowledge(
          route,
          ['AwsSolutions-APIG4'],
          'Health, the API description and its page are for everyone; they hold nothing of a tenant.',
        );
    }
    target.addPermission(`${id}Invoke`, {
      principal: new ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: Stack.of(this).formatArn({ service: 'execute-api', resource: api.apiId, resourceName: '*/*' }),
    });
  }
}
