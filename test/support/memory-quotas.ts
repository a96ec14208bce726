import type { Quotas } from '../../contexts/module-registry/application/ports.ts';
import type { Refusal } from '../../contexts/shared/domain/errors.ts';

/** Quotas that say the same to every change. */
export const allowing = (...refusals: readonly Refusal[]): Quotas => ({ refusals: async () => refusals });
