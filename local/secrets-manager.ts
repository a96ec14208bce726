import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { LocalClock } from './clock.ts';
import { AwsError, authorize, type Caller, type Service, type ServiceAnswer, targetOperation, unknownOperation } from './gateway.ts';
import type { PolicyContext } from './iam.ts';
import { arnOfName, newSecretArn, type SecretStore, type SecretVersion, type StoredSecret } from './secret-store.ts';
import { type Input, Inputs, type Operation, type Tags } from './secrets-manager-inputs.ts';

/** Secrets Manager over a file. Policies are checked against the secret's full ARN and its tags. */

export interface SecretsManagerOptions {
  readonly store: SecretStore;
  readonly clock: Pick<LocalClock, 'now'>;
}

const notFound = (): AwsError => new AwsError('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
const wrongState = (message: string): AwsError => new AwsError('InvalidRequestException', `You can't ${message}`);
const seconds = (at: string): number => new Date(at).getTime() / 1000;
const recordOf = (tags: z.infer<typeof Tags> = []): Readonly<Record<string, string>> =>
  Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]));
const listOf = (tags: StoredSecret['tags']) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));

const resourceTags = (tags: StoredSecret['tags']): PolicyContext =>
  Object.fromEntries(
    ['aws', 'secretsmanager'].flatMap((family) => Object.entries(tags).map(([key, value]) => [`${family}:ResourceTag/${key}`, value])),
  );
const requestTags = (tags: StoredSecret['tags']): PolicyContext => ({
  ...(Object.keys(tags).length > 0 ? { 'aws:TagKeys': Object.keys(tags) } : {}),
  ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
});

/** Whether a secret exists is told only to those who may use it. */
const open = (store: SecretStore, caller: Caller, operation: string, id: string, context: PolicyContext = {}): StoredSecret => {
  const secret = store.find(id);
  const arn = secret?.arn ?? (id.startsWith('arn:') ? id : arnOfName(id));
  authorize(caller, `secretsmanager:${operation}`, arn, { context: { ...resourceTags(secret?.tags ?? {}), ...context } });
  if (!secret) throw notFound();
  return secret;
};

const notDeleted = (secret: StoredSecret): StoredSecret => {
  if (secret.deletedAt !== undefined) throw wrongState('perform this operation on the secret because it was marked for deletion.');
  return secret;
};

const versionOf = (
  input: Pick<Input<'PutSecretValue'>, 'SecretString' | 'SecretBinary' | 'ClientRequestToken'>,
  at: string,
): SecretVersion | undefined => {
  const { SecretString: string, SecretBinary: binary, ClientRequestToken = randomUUID() } = input;
  if (string !== undefined && binary !== undefined)
    throw new AwsError(
      'InvalidParameterException',
      "You can't specify both a binary secret value and a string secret value in the same secret.",
    );
  if (string === undefined && binary === undefined) return undefined;
  const value = string === undefined ? { binary: binary ?? '' } : { string };
  return { id: ClientRequestToken, createdAt: at, stages: ['AWSCURRENT'], ...value };
};

const isRepeat = (version: SecretVersion | undefined, known: SecretVersion): boolean =>
  known.string === version?.string && known.binary === version?.binary;

const usedToken = (): AwsError =>
  new AwsError(
    'ResourceExistsException',
    "You can't use ClientRequestToken again with a different secret value: a version with it already exists.",
  );

/** The old current version becomes the previous one; versions without a stage are forgotten, as AWS does in time. */
const withVersion = (versions: readonly SecretVersion[], version: SecretVersion): readonly SecretVersion[] => {
  const current = versions.find(({ stages }) => stages.includes('AWSCURRENT'));
  return [...(current ? [{ ...current, stages: ['AWSPREVIOUS'] }] : []), version];
};

/** Secrets as another service of the cloud reads them: with the caller's right to do so, for the Data API. */
export const readSecret = (store: SecretStore, caller: Caller, id: string): { readonly arn: string; readonly value: string } => {
  const secret = notDeleted(open(store, caller, 'GetSecretValue', id));
  const value = secret.versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.string;
  if (value === undefined) throw notFound();
  return { arn: secret.arn, value };
};

interface Call {
  readonly caller: Caller;
  readonly operation: string;
  readonly store: SecretStore;
  readonly at: string;
}
type Handlers = { readonly [O in Operation]: (input: Input<O>, call: Call) => unknown };

const describeOne = ({ arn, name, description, createdAt, changedAt, deletedAt, tags, versions }: StoredSecret) => ({
  ARN: arn,
  Name: name,
  Description: description,
  CreatedDate: seconds(createdAt),
  LastChangedDate: seconds(changedAt),
  ...(deletedAt === undefined ? {} : { DeletedDate: seconds(deletedAt) }),
  Tags: listOf(tags),
  VersionIdsToStages: Object.fromEntries(versions.map(({ id, stages }) => [id, stages])),
});

const brief = ({ arn, name }: StoredSecret, version?: string) => ({ ARN: arn, Name: name, VersionId: version });

const create: Handlers['CreateSecret'] = async (input, { caller, store, at }) => {
  const tags = recordOf(input.Tags);
  const existing = store.find(input.Name);
  const arn = existing?.arn ?? newSecretArn(input.Name);
  for (const action of input.Tags ? ['CreateSecret', 'TagResource'] : ['CreateSecret'])
    authorize(caller, `secretsmanager:${action}`, arn, { context: requestTags(tags) });
  const version = versionOf(input, at);
  if (existing?.deletedAt !== undefined)
    throw wrongState('create this secret because a secret with this name is already scheduled for deletion.');
  const repeated = existing?.versions.find(({ id }) => id === input.ClientRequestToken);
  if (existing && repeated && isRepeat(version, repeated)) return brief(existing, repeated.id);
  if (existing) throw new AwsError('ResourceExistsException', `The operation failed because the secret ${input.Name} already exists.`);
  const about = input.Description === undefined ? {} : { description: input.Description };
  const secret = { arn, name: input.Name, ...about, createdAt: at, changedAt: at, tags, versions: version ? [version] : [] };
  await store.save(secret);
  return brief(secret, version?.id);
};

const put: Handlers['PutSecretValue'] = async (input, { caller, operation, store, at }) => {
  const secret = notDeleted(open(store, caller, operation, input.SecretId));
  const version = versionOf(input, at);
  if (!version) throw new AwsError('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
  const known = secret.versions.find(({ id }) => id === version.id);
  if (known && !isRepeat(version, known)) throw usedToken();
  if (!known) await store.save({ ...secret, changedAt: at, versions: withVersion(secret.versions, version) });
  return { ...brief(secret, version.id), VersionStages: (known ?? version).stages };
};

const get: Handlers['GetSecretValue'] = (input, { caller, operation, store }) => {
  const secret = notDeleted(open(store, caller, operation, input.SecretId));
  const { VersionId, VersionStage = VersionId === undefined ? 'AWSCURRENT' : undefined } = input;
  const version = secret.versions.find(
    ({ id, stages }) => (VersionId === undefined || id === VersionId) && (VersionStage === undefined || stages.includes(VersionStage)),
  );
  if (!version) throw notFound();
  const { string, binary } = version;
  return {
    ...brief(secret, version.id),
    SecretString: string,
    SecretBinary: binary,
    VersionStages: version.stages,
    CreatedDate: seconds(version.createdAt),
  };
};

const describe: Handlers['DescribeSecret'] = ({ SecretId: id }, { caller, operation, store }) =>
  describeOne(open(store, caller, operation, id));

const remove: Handlers['DeleteSecret'] = async (input, { caller, operation, store, at }) => {
  const { ForceDeleteWithoutRecovery: force = false, RecoveryWindowInDays: days } = input;
  if (force && days !== undefined)
    throw new AwsError('InvalidParameterException', "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.");
  if (force && !store.find(input.SecretId)) {
    const arn = input.SecretId.startsWith('arn:') ? input.SecretId : arnOfName(input.SecretId);
    authorize(caller, `secretsmanager:${operation}`, arn);
    return { ARN: arn, Name: input.SecretId, DeletionDate: seconds(at) };
  }
  const secret = open(store, caller, operation, input.SecretId);
  if (!force) notDeleted(secret);
  const removeAt = new Date(new Date(at).getTime() + (force ? 0 : (days ?? 30) * 86_400_000)).toISOString();
  await (force ? store.remove(secret.name) : store.save({ ...secret, deletedAt: at, removeAt }));
  return { ...brief(secret), DeletionDate: seconds(removeAt) };
};

const restore: Handlers['RestoreSecret'] = async ({ SecretId: id }, { caller, operation, store }) => {
  const { deletedAt, removeAt, ...secret } = open(store, caller, operation, id);
  await store.save(secret);
  return brief(secret);
};

const tag: Handlers['TagResource'] = async ({ SecretId: id, Tags: more }, { caller, operation, store }) => {
  const secret = notDeleted(open(store, caller, operation, id, requestTags(recordOf(more))));
  await store.save({ ...secret, tags: { ...secret.tags, ...recordOf(more) } });
  return {};
};

const list: Handlers['ListSecrets'] = (input, { caller, store }) => {
  authorize(caller, 'secretsmanager:ListSecrets', '*');
  const { Filters = [], MaxResults, NextToken = '', IncludePlannedDeletion = false } = input;
  const meets = ({ name, tags }: StoredSecret, { Key, Values }: (typeof Filters)[number]): boolean => {
    const texts = Key === 'name' ? [name] : Key === 'tag-key' ? Object.keys(tags) : Object.values(tags);
    return Values.some((value) => texts.some((text) => text.toLowerCase().startsWith(value.toLowerCase())));
  };
  const found = store
    .list()
    .filter((secret) => (IncludePlannedDeletion || secret.deletedAt === undefined) && Filters.every((filter) => meets(secret, filter)))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .filter(({ name }) => name > NextToken);
  const page = found.slice(0, MaxResults);
  return { SecretList: page.map(describeOne), NextToken: found.length > page.length ? page.at(-1)?.name : undefined };
};

const handlers: Handlers = {
  CreateSecret: create,
  GetSecretValue: get,
  PutSecretValue: put,
  DescribeSecret: describe,
  DeleteSecret: remove,
  RestoreSecret: restore,
  TagResource: tag,
  ListSecrets: list,
};

export const makeSecretsManager = ({ store, clock }: SecretsManagerOptions): Service => ({
  name: 'secretsmanager',
  protocol: 'json-1.1',
  operationOf: targetOperation,
  handle: async (request): Promise<ServiceAnswer> => {
    if (!Object.hasOwn(Inputs, request.operation)) throw unknownOperation(request.operation);
    const operation = request.operation as Operation;
    const parsed = Inputs[operation].safeParse(request.input);
    if (!parsed.success) throw new AwsError('ValidationException', z.prettifyError(parsed.error));
    const handle = handlers[operation] as (input: unknown, call: Call) => unknown;
    return { output: await handle(parsed.data, { caller: request.caller, operation, store, at: clock.now().toISOString() }) };
  },
});
