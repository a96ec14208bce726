import * as z from 'zod';

/** What Secrets Manager's operations take, as far as they are supported locally; anything else is refused by name. */

export const Tags = z.array(z.object({ Key: z.string().min(1).max(128), Value: z.string().max(256) })).max(50);
const SecretId = z.string().min(1).max(2048);
const Token = z.string().min(32).max(64);
const Value = {
  SecretString: z.string().max(65_536).optional(),
  SecretBinary: z.string().optional(),
  ClientRequestToken: Token.optional(),
};

export const Inputs = {
  CreateSecret: z.strictObject({
    Name: z.string().regex(/^[\w/+=.@-]{1,512}$/),
    Description: z.string().max(2048).optional(),
    Tags: Tags.optional(),
    KmsKeyId: z.string().optional(),
    ...Value,
  }),
  GetSecretValue: z.strictObject({ SecretId, VersionId: z.string().optional(), VersionStage: z.string().optional() }),
  PutSecretValue: z.strictObject({ SecretId, ...Value }),
  DescribeSecret: z.strictObject({ SecretId }),
  DeleteSecret: z.strictObject({
    SecretId,
    RecoveryWindowInDays: z.int().min(7).max(30).optional(),
    ForceDeleteWithoutRecovery: z.boolean().optional(),
  }),
  RestoreSecret: z.strictObject({ SecretId }),
  TagResource: z.strictObject({ SecretId, Tags }),
  ListSecrets: z.strictObject({
    Filters: z.array(z.strictObject({ Key: z.enum(['name', 'tag-key', 'tag-value']), Values: z.array(z.string()).min(1) })).optional(),
    MaxResults: z.int().min(1).max(100).default(100),
    NextToken: z.string().optional(),
    IncludePlannedDeletion: z.boolean().optional(),
  }),
} as const;

export type Operation = keyof typeof Inputs;
export type Input<O extends Operation> = z.infer<(typeof Inputs)[O]>;
