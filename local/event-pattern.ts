/** Event patterns, of rules and of stream filters: nested fields, lists of literals, and the matchers in use. */
export const matchesPattern = (pattern: unknown, event: unknown): boolean => {
  if (typeof pattern !== 'object' || pattern === null) throw new Error('an event pattern is an object');
  return Object.entries(pattern).every(([field, wanted]) => {
    const value = typeof event === 'object' && event !== null ? (event as Readonly<Record<string, unknown>>)[field] : undefined;
    if (!Array.isArray(wanted)) return matchesPattern(wanted, value);
    const values = Array.isArray(value) ? value : [value];
    return wanted.some((matcher) => values.some((one) => matchesOne(matcher, one)));
  });
};

/** Throws, by name, on a matcher that is not among those in use: better when the template is read than when an event comes. */
export const checkPattern = (pattern: unknown): void => {
  if (Array.isArray(pattern)) for (const matcher of pattern) matchesOne(matcher, undefined);
  else if (typeof pattern === 'object' && pattern !== null) for (const inner of Object.values(pattern)) checkPattern(inner);
  else throw new Error(`an event pattern has lists of matchers, not ${JSON.stringify(pattern)}`);
};

const matchesOne = (matcher: unknown, value: unknown): boolean => {
  if (typeof matcher !== 'object' || matcher === null) return matcher === value;
  const [[kind, argument] = []] = Object.entries(matcher);
  if (kind === 'prefix') return typeof value === 'string' && value.startsWith(String(argument));
  if (kind === 'exists') return (value !== undefined) === argument;
  if (kind === 'anything-but') return value !== undefined && ![argument].flat().includes(value);
  throw new Error(`the matcher ${kind} is not supported locally`);
};
