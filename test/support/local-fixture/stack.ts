import { join } from 'node:path';
import { App, CfnParameter, CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CorsHttpMethod, HttpApi, HttpMethod } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { EventBus, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Alias, Code, Function as LambdaFn, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';

const here = import.meta.dirname;

const makeServices = (stack: Stack) => {
  const probe = (id: string, handler: string, environment: Record<string, string> = {}) =>
    new LambdaFn(stack, id, {
      runtime: Runtime.NODEJS_24_X,
      code: Code.fromAsset(join(here, 'functions')),
      handler: `index.${handler}`,
      timeout: Duration.seconds(id === 'Slow' ? 1 : 10),
      environment,
    });
  const plain = probe('Probe', 'handler', { COLOUR: 'green' });
  return {
    plain,
    alias: new Alias(stack, 'ProbeLive', { aliasName: 'live', version: plain.currentVersion }),
    slow: probe('Slow', 'handler', { DO: 'sleep' }),
    http: probe('Http', 'http'),
    custom: probe('Custom', 'custom'),
  };
};

const addEvents = (stack: Stack, probe: LambdaFn): void => {
  const bus = new EventBus(stack, 'Bus', { eventBusName: 'fixture' });
  const queue = new Queue(stack, 'Queue', { queueName: 'fixture-events', visibilityTimeout: Duration.seconds(30) });
  const dead = new Queue(stack, 'Dead', { queueName: 'fixture-dead' });
  const topic = new Topic(stack, 'Topic', { topicName: 'fixture-topic' });
  const pattern = { source: ['fixture'], detail: { colour: [{ prefix: 'gr' }] } };
  new Rule(stack, 'ToQueue', { eventBus: bus, eventPattern: pattern, targets: [new SqsQueue(queue), new SnsTopic(topic)] });
  new Rule(stack, 'ToFailing', {
    eventBus: bus,
    eventPattern: { source: ['failing'] },
    targets: [new LambdaFunction(probe, { deadLetterQueue: dead, retryAttempts: 1 })],
  });
};

const addApi = (stack: Stack, http: LambdaFn): void => {
  const issuer = new CfnParameter(stack, 'JwtIssuer');
  const authorizer = new HttpJwtAuthorizer('Tokens', issuer.valueAsString, { jwtAudience: ['fixture'] });
  const api = new HttpApi(stack, 'Api', {
    corsPreflight: { allowOrigins: ['https://app.example'], allowMethods: [CorsHttpMethod.GET], allowHeaders: ['authorization'] },
  });
  const integration = new HttpLambdaIntegration('Integration', http);
  api.addRoutes({ path: '/open', methods: [HttpMethod.GET, HttpMethod.POST], integration });
  api.addRoutes({ path: '/things/{thing}', methods: [HttpMethod.GET], integration, authorizer });
  api.addRoutes({ path: '/things/special', methods: [HttpMethod.GET], integration });
  api.addRoutes({ path: '/files/{proxy+}', methods: [HttpMethod.ANY], integration });
};

/** A stack with one of each thing the control plane wires; the suites drive it through the SDK clients. */
export const synthesizeFixture = (outdir: string, { colour = 'green', fails = 'no' }: { colour?: string; fails?: string } = {}): void => {
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Fixture');
  const { plain, http, custom } = makeServices(stack);
  addEvents(stack, plain);
  addApi(stack, http);
  const machine = new StateMachine(stack, 'Machine', {
    stateMachineName: 'fixture-machine',
    definitionBody: DefinitionBody.fromFile(join(here, 'machine.asl.json')),
    definitionSubstitutions: { Probe: plain.functionArn },
  });
  plain.grantInvoke(machine);
  const made = new CustomResource(stack, 'Made', {
    serviceToken: custom.functionArn,
    resourceType: 'Custom::Made',
    properties: { Colour: colour, Fails: fails },
  });
  plain.addEnvironment('MADE', made.getAttString('Colour'));
  app.synth();
};
