import type { Exchange } from '../test/support/api-client.ts';

/** One thing a step looked at: what should hold, whether it does, and what was seen where it does not. */
interface Check {
  readonly what: string;
  readonly holds: boolean;
  readonly saw?: unknown;
}

interface Step {
  readonly title: string;
  readonly request?: { readonly method: string; readonly path: string; readonly body?: unknown };
  readonly status?: number;
  readonly body?: unknown;
  readonly checks: readonly Check[];
}

/** Inside a step: `answered` keeps the exchange that the step is about, `holds` records one assertion and prints its mark. */
export interface StepTools {
  readonly answered: (exchange: Exchange) => Exchange;
  readonly holds: (what: string, holds: boolean, saw?: unknown) => void;
  readonly say: (line: string) => void;
}

export interface Recorder {
  readonly step: (title: string, run: (tools: StepTools) => Promise<void>) => Promise<void>;
  readonly steps: () => readonly Step[];
  readonly failures: () => number;
}

/** Prints each step as it happens and keeps it for the JSON report. A step that throws is a ✗ with the error, and the story goes on. */
export const makeRecorder = (print: (line: string) => void): Recorder => {
  const steps: Step[] = [];
  const step = async (title: string, run: (tools: StepTools) => Promise<void>): Promise<void> => {
    const checks: Check[] = [];
    let exchange: Exchange | undefined;
    print(`\n${title}`);
    const holds = (what: string, held: boolean, saw?: unknown): void => {
      checks.push({ what, holds: held, ...(held || saw === undefined ? {} : { saw }) });
      print(`  ${held ? '✓' : '✗'} ${what}${held || saw === undefined ? '' : `; saw ${JSON.stringify(saw)}`}`);
    };
    const answered = (answer: Exchange): Exchange => {
      exchange = answer;
      print(`  ${answer.method} /api/v1${answer.path} → ${answer.status}`);
      return answer;
    };
    try {
      await run({ answered, holds, say: (line) => print(`    ${line}`) });
    } catch (error) {
      holds('the step ran to its end', false, error instanceof Error ? error.message : String(error));
    }
    steps.push({ title, ...(exchange ? report(exchange) : {}), checks });
  };
  return { step, steps: () => steps, failures: () => steps.flatMap(({ checks }) => checks).filter(({ holds }) => !holds).length };
};

const report = ({ method, path, requestBody, status, body }: Exchange): Omit<Step, 'title' | 'checks'> => ({
  request: { method, path: `/api/v1${path}`, ...(requestBody === undefined ? {} : { body: requestBody }) },
  status,
  body,
});
