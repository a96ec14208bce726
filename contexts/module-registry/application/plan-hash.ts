import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { Malformed, type Refusal } from '../../shared/domain/errors.ts';

/** What of a plan a client agrees to. */
export interface AgreedStep {
  readonly module: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly archive?: number | undefined;
}

const Steps = z.array(z.tuple([z.string(), z.string().nullable(), z.string().nullable(), z.number().nullable()])).max(100);

/**
 * A plan hash: the steps, packed, and their SHA-256. The steps travel in it so that a refusal can say what has changed since
 * without the plan having been stored: a dry run writes nothing.
 */
export const planHash = (steps: readonly AgreedStep[]): string => {
  const text = JSON.stringify(steps.map(({ module, from, to, archive }) => [module, from, to, archive ?? null]));
  return `${deflateRawSync(text).toString('base64url')}.${digest(text)}`;
};

/** Why a change that agreed to another plan is not made; `undefined` where the plan is the same. Rejects nonsense with `Malformed`. */
export const refusalOfOtherPlan = (agreed: string, steps: readonly AgreedStep[]): Refusal | undefined => {
  const now = planHash(steps);
  if (agreed === now) return undefined;
  const planned = stepsOf(agreed);
  const differing = differences(planned, steps);
  return {
    kind: 'conflict',
    reason: 'plan-changed',
    message: `the plan has changed since: ${differing.join('; ')}; look at the new plan and agree to its hash`,
    facts: { differences: differing, planHash: now },
  };
};

const stepsOf = (hash: string): readonly AgreedStep[] => {
  const [packed = '', sum] = hash.split('.');
  try {
    const text = inflateRawSync(Buffer.from(packed, 'base64url'), { maxOutputLength: 65_536 }).toString();
    if (digest(text) !== sum) throw new Error('the digest is another');
    return Steps.parse(JSON.parse(text)).map(([module, from, to, archive]) => ({ module, from, to, archive: archive ?? undefined }));
  } catch (error) {
    throw new Malformed('this is no plan hash', [{ field: 'planHash', message: 'is not one that a plan was answered with' }], {
      cause: error,
    });
  }
};

const differences = (planned: readonly AgreedStep[], now: readonly AgreedStep[]): readonly string[] => {
  const modules = [...new Set([...planned, ...now].map(({ module }) => module))];
  const differing = modules.flatMap((name) => {
    const before = said(planned.find(({ module }) => module === name));
    const after = said(now.find(({ module }) => module === name));
    return before === after ? [] : [`${name}: ${before} was planned, now ${after}`];
  });
  return differing.length > 0 ? differing : ['the steps have another order'];
};

const said = (step: AgreedStep | undefined): string => {
  if (step === undefined) return 'no change';
  return `${step.from ?? 'absent'} → ${step.to ?? 'removed'}${step.archive === undefined ? '' : ` (archive ${step.archive})`}`;
};

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
