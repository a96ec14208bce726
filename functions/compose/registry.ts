import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { ulid } from 'ulid';
import * as z from 'zod';
import { makeDynamoJobStore, makeStepFunctionsExecutions } from '../../contexts/module-registry/index.ts';
import { makeTable, type Table } from '../../contexts/shared/adapters/dynamo-table.ts';
import type { Clock, NewId } from '../../contexts/shared/domain/clock.ts';

/** Time, ids, clients and settings enter the product in this folder and nowhere else. */

export const clock: Clock = { now: () => new Date() };
export const newId: NewId = () => ulid();

/** Reads settings once; a missing one stops the function with its name. */
export const settings = <Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> => z.object(shape).parse(process.env);

export const openTable = (): Table => {
  const { TABLE_NAME } = settings({ TABLE_NAME: z.string() });
  const client = DynamoDBDocumentClient.from(new DynamoDBClient({}), { marshallOptions: { removeUndefinedValues: true } });
  return makeTable(client, TABLE_NAME);
};

/** How long a module's archive is kept, and how long before it may be purged by hand. */
export const archiveSettings = { MODULE_ARCHIVE_DAYS: z.coerce.number().positive(), PURGE_GRACE_HOURS: z.coerce.number().min(0) };

export const auditSettings = { AUDIT_DAYS: z.coerce.number().positive() };
export const leaseSettings = { LEASE_SECONDS: z.coerce.number().int().positive(), ATTEMPTS_MAX: z.coerce.number().int().positive() };

/** Three tries of the SDK fit well into a request: a job that is written is answered with 202, whether it was started or not. */
const workflowTimeouts = { connectionTimeout: 2_000, requestTimeout: 4_000, throwOnRequestTimeout: true };

export const openExecutions = () => {
  const arns = settings({
    INSTALL_MACHINE_ARN: z.string(),
    UNINSTALL_MACHINE_ARN: z.string(),
    PROVISION_MACHINE_ARN: z.string(),
    DEPROVISION_MACHINE_ARN: z.string(),
    REPORT_MACHINE_ARN: z.string(),
  });
  return makeStepFunctionsExecutions(new SFNClient({ requestHandler: workflowTimeouts }), {
    install: arns.INSTALL_MACHINE_ARN,
    upgrade: arns.INSTALL_MACHINE_ARN,
    downgrade: arns.INSTALL_MACHINE_ARN,
    restore: arns.INSTALL_MACHINE_ARN,
    uninstall: arns.UNINSTALL_MACHINE_ARN,
    purge: arns.UNINSTALL_MACHINE_ARN,
    provision: arns.PROVISION_MACHINE_ARN,
    deprovision: arns.DEPROVISION_MACHINE_ARN,
    'restore-tenant': arns.DEPROVISION_MACHINE_ARN,
    'purge-tenant': arns.DEPROVISION_MACHINE_ARN,
    report: arns.REPORT_MACHINE_ARN,
  });
};

/** For who asks for reports and for nothing else. */
export const openReportExecutions = () =>
  makeStepFunctionsExecutions(new SFNClient({ requestHandler: workflowTimeouts }), {
    report: settings({ REPORT_MACHINE_ARN: z.string() }).REPORT_MACHINE_ARN,
  });

export const openJobs = (table: Table) => makeDynamoJobStore(table, newId);
