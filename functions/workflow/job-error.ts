import * as z from 'zod';
import type { JobError } from '../../contexts/module-registry/index.ts';

/** What a Catch of Step Functions hands over; `Cause` of a Lambda is a JSON string, of anything else prose. */
const Caught = z.object({ Error: z.string(), Cause: z.string().optional() });
const LambdaCause = z.object({ errorType: z.string().optional(), errorMessage: z.string() });

const messageMax = 500;

/** The error as a job may keep it. Our own errors' messages carry no row data; anybody else's message is left out. */
export const jobErrorOf = (caught: unknown): JobError => {
  const parsed = Caught.safeParse(caught);
  if (!parsed.success) return { name: 'Unknown', message: 'the workflow reported an error in a form it does not use' };
  const { Error: name, Cause } = parsed.data;
  const cause = LambdaCause.safeParse(jsonOf(Cause));
  if (ours.has(name) && cause.success) return { name, message: cause.data.errorMessage.slice(0, messageMax) };
  return { name, message: `the step ended with ${name}; its function's log says more` };
};

const ours = new Set(['Malformed', 'Refused', 'Contended', 'Unavailable', 'Defect']);

const jsonOf = (text: string | undefined): unknown => {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    // prose: nothing of it is kept
    return undefined;
  }
};
