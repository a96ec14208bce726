import { Refused } from '../../shared/domain/errors.ts';

/** Stands for granting and ending where a service of one's own keeps the entitlements: what was written here would count for nothing. */
export const makeKeptElsewhere = (service: string) => async (): Promise<never> => {
  throw new Refused({
    kind: 'conflict',
    reason: 'kept-elsewhere',
    message: `what tenants are entitled to is kept by the subscription service at ${service}; change it there`,
    facts: { service },
  });
};
