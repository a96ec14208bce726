import { Logger } from '@aws-lambda-powertools/logger';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { Unavailable } from '../../contexts/shared/domain/errors.ts';

const reasonMax = 1_000;

/**
 * The protocol of a CloudFormation custom resource: whatever becomes of `work`, CloudFormation is told, with the reason when it failed.
 * `work` answers the resource's physical id, which must not change unless the resource is another one.
 */
export const makeCustomResourceHandler =
  (work: (event: CloudFormationCustomResourceEvent) => Promise<string>) =>
  async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const logger = new Logger();
    const { StackId, RequestId, LogicalResourceId } = event;
    const unchanged = 'PhysicalResourceId' in event ? event.PhysicalResourceId : LogicalResourceId;
    const answer = { StackId, RequestId, LogicalResourceId };
    try {
      const PhysicalResourceId = await work(event);
      await tell(event.ResponseURL, { ...answer, Status: 'SUCCESS', PhysicalResourceId });
    } catch (error) {
      logger.error('custom resource failed', { resource: LogicalResourceId, request: event.RequestType, error: error as Error });
      const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      await tell(event.ResponseURL, { ...answer, Status: 'FAILED', PhysicalResourceId: unchanged, Reason: reason.slice(0, reasonMax) });
    }
  };

const tell = async (url: string, answer: Readonly<Record<string, unknown>>): Promise<void> => {
  const response = await fetch(url, { method: 'PUT', body: JSON.stringify(answer), headers: { 'content-type': '' } });
  if (!response.ok) throw new Unavailable(`CloudFormation answered ${response.status} to a custom resource's result`);
};
