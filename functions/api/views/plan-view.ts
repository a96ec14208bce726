import * as z from 'zod';
import type { PlanPreview } from '../../../contexts/module-registry/index.ts';
import { ModuleName } from '../../../contexts/shared/domain/names.ts';

const Statement = z.strictObject({
  sql: z.string(),
  dependsOnRows: z.boolean().meta({ description: 'With other rows it may be another statement.' }),
});

const Migration = z.strictObject({
  scope: z.enum(['landlord', 'tenant']),
  number: z.int(),
  name: z.string(),
  kind: z.string(),
  direction: z.enum(['up', 'down']),
  losesData: z.boolean(),
  statements: z.array(Statement),
});

const Step = z.strictObject({
  module: ModuleName,
  change: z.enum(['install', 'upgrade', 'downgrade', 'uninstall', 'restore', 'purge']),
  from: z.string().nullable().meta({ description: 'null where the module is not there yet.' }),
  to: z.string().nullable().meta({ description: 'null where it will not be any more.' }),
  why: z.string(),
  archive: z.int().optional().meta({ description: 'The number of the archive that is made, brought back or dropped.' }),
  losesData: z.boolean().meta({ description: 'It destroys or narrows: what it takes is gone.' }),
  schema: z.array(Statement).meta({ description: 'What is done to the module’s schema as a whole.' }),
  migrations: z.array(Migration).meta({ description: 'What runs then, in order, as exact statements.' }),
  seed: z.array(Statement).meta({ description: 'What a fresh install begins with.' }),
});

const Check = z.strictObject({
  check: z.string(),
  ok: z.boolean(),
  note: z.string().optional().meta({ description: 'It could not be looked at now; the job looks again, and waits where it must.' }),
  reason: z.string().optional(),
  message: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
  errors: z.array(z.strictObject({ field: z.string(), message: z.string() })).optional(),
});

const Warning = z.strictObject({
  module: ModuleName,
  version: z.string(),
  reason: z.string(),
  message: z.string(),
  sunsetAt: z.iso.datetime().optional(),
});

/** What a change would do. Nothing has been written for it. */
export const PlanView = z
  .strictObject({
    accepted: z.boolean().meta({ description: 'Whether every check passed: the same change would be accepted now.' }),
    steps: z.array(Step).meta({ description: 'In order; empty where there is no plan.' }),
    warnings: z.array(Warning),
    checks: z.array(Check).meta({ description: 'The outcome of every check, in the order in which a request is refused.' }),
    planHash: z.string().optional().meta({ description: 'Sent along with a change, it is made only if this is still its plan.' }),
  })
  .meta({ id: 'Plan' });

export const viewPlan = ({ steps, warnings, checks, planHash }: PlanPreview): z.input<typeof PlanView> => ({
  accepted: checks.every(passed),
  steps: steps.map(({ module, change, from, to, why, archive, statements }) => ({
    ...{ module, change, from, to, why },
    ...(archive === undefined ? {} : { archive }),
    ...statements,
  })),
  warnings: warnings.map(({ module, version, reason, message, sunsetAt }) => ({
    ...{ module, version, reason, message },
    ...(sunsetAt === undefined ? {} : { sunsetAt: sunsetAt.toISOString() }),
  })),
  checks: checks.map(viewCheck),
  ...(planHash === undefined ? {} : { planHash }),
});

type CheckOf = PlanPreview['checks'][number];

const passed = ({ refusal, fields }: CheckOf): boolean => refusal === undefined && fields === undefined;

const viewCheck = (check: CheckOf): z.input<typeof Check> => ({
  check: check.check,
  ok: passed(check),
  ...(check.note === undefined ? {} : { note: check.note }),
  ...(check.refusal ? { reason: check.refusal.reason, message: check.refusal.message } : {}),
  ...(check.refusal?.facts ? { facts: { ...check.refusal.facts } } : {}),
  ...(check.fields ? { errors: [...check.fields] } : {}),
});
