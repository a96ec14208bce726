import { Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** Accepts findings of cdk-nag below `scope`, each by its exact id, for a reason that a reader can judge. */
export const acknowledge = (scope: IConstruct, ids: readonly string[], reason: string): void => {
  Validations.of(scope).acknowledge(...ids.map((id) => ({ id, reason })));
};
