/**
 * What may become of a module: a set with one bit for each value. Bit 0 is its absence, bit i + 1 its i-th version, newest first.
 * Absence is a value like any other, so that every rule of resolution has one form: these values cannot all be true.
 */
export type Values = bigint;

export const absence: Values = 1n;

export const valueOfVersion = (index: number): Values => 1n << BigInt(index + 1);

export const isWithin = (values: Values, others: Values): boolean => (values & ~others) === 0n;

export const meets = (values: Values, others: Values): boolean => (values & others) !== 0n;

/** Whether there is one left. */
export const isDecided = (values: Values): boolean => (values & (values - 1n)) === 0n;

/** The version that was chosen; none where the module may be absent. */
export const versionIn = (values: Values): Values => (meets(values, absence) ? 0n : values);
