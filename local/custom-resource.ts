import { createHash, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Lambda } from './lambda.ts';
import type { Resource, Template } from './template.ts';

/** Custom resources, in the order of their dependencies: created once, updated when their properties changed. */

interface Made {
  readonly physicalId: string;
  readonly hash: string;
  readonly properties: unknown;
}

interface Told {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
  readonly Data?: Readonly<Record<string, unknown>>;
}

const waitMilliseconds = 150_000;

/** Throws, naming the resource and its function's reason, when one fails. */
export const makeCustomResources = async (template: Template, lambda: Lambda, stateFile: string): Promise<readonly string[]> => {
  const made: Record<string, Made> = existsSync(stateFile) ? (JSON.parse(readFileSync(stateFile, 'utf8')) as Record<string, Made>) : {};
  const changed: string[] = [];
  for (const resource of template.resources.filter(({ type }) => type.startsWith('Custom::'))) {
    const { ServiceToken, ...properties } = resource.properties;
    const hash = createHash('sha256').update(JSON.stringify(properties)).digest('hex');
    const before = made[resource.key];
    if (before?.hash === hash) {
      template.recordCustom(resource.key, before.physicalId, {});
      continue;
    }
    const told = await ask(lambda, resource, { token: String(ServiceToken), properties, before });
    template.recordCustom(resource.key, told.PhysicalResourceId, told.Data ?? {});
    made[resource.key] = { physicalId: told.PhysicalResourceId, hash, properties };
    changed.push(resource.key);
    writeFileSync(`${stateFile}.new`, JSON.stringify(made));
    renameSync(`${stateFile}.new`, stateFile);
  }
  return changed;
};

const ask = async (
  lambda: Lambda,
  resource: Resource,
  { token, properties, before }: { readonly token: string; readonly properties: unknown; readonly before: Made | undefined },
): Promise<Told> => {
  const answers = await listen();
  try {
    const event = {
      RequestType: before ? 'Update' : 'Create',
      ServiceToken: token,
      ResponseURL: answers.url,
      StackId: `arn:aws:cloudformation:us-east-1:000000000000:stack/${resource.stack}/local`,
      RequestId: randomUUID(),
      LogicalResourceId: resource.logicalId,
      ResourceType: resource.type,
      ResourceProperties: { ServiceToken: token, ...(properties as object) },
      ...(before ? { PhysicalResourceId: before.physicalId, OldResourceProperties: before.properties } : {}),
    };
    const outcome = await lambda.invoke(token, JSON.stringify(event));
    if (outcome === 'throttled' || 'failure' in outcome) {
      throw new Error(`${resource.key}: ${outcome === 'throttled' ? 'throttled' : outcome.failure.errorMessage}`);
    }
    const told = await answers.told;
    if (told.Status === 'SUCCESS') return told;
    throw new Error(`${resource.key} (${resource.type}) failed: ${told.Reason ?? 'its function gave no reason'}`);
  } finally {
    answers.close();
  }
};

/** The address that CloudFormation would give: one PUT is expected there. */
const listen = async (): Promise<{ readonly url: string; readonly told: Promise<Told>; readonly close: () => void }> => {
  let hear: (told: Told) => void = () => {};
  const path = `/${randomUUID()}`;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    response.writeHead(request.url === path ? 200 : 403).end();
    if (request.url === path) hear(JSON.parse(Buffer.concat(chunks).toString()) as Told);
  });
  const told = new Promise<Told>((resolve, reject) => {
    hear = resolve;
    setTimeout(() => reject(new Error('a custom resource did not answer in time')), waitMilliseconds).unref();
  });
  told.catch(() => {});
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, told, close: () => server.close() };
};
