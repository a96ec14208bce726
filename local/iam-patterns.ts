/** Patterns of policies: `*`, `?` and the variables that stand for something of the principal. */

/** What is known of the principal when its policies are compiled. */
export interface Bound {
  readonly principalArn: string;
  readonly tags: Readonly<Record<string, string>>;
}

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const wildcards = (text: string): string => literally(text).replaceAll('\\*', '.*').replaceAll('\\?', '.');

/** Undefined: a tag that the principal does not have; then nothing matches. */
const boundValue = (variable: string, { principalArn, tags }: Bound): string | undefined => {
  if (variable === '*' || variable === '?' || variable === '$') return variable;
  if (variable === 'aws:PrincipalArn') return principalArn;
  if (variable.startsWith('aws:PrincipalTag/')) return tags[variable.slice('aws:PrincipalTag/'.length)];
  throw new Error(`a policy uses the variable \${${variable}}, which the local evaluator does not know`);
};

const splitVariables = (pattern: string): readonly { readonly text?: string; readonly variable?: string }[] =>
  pattern.split(/(\$\{[^}]*\})/).map((part) => (/^\$\{.*\}$/.test(part) ? { variable: part.slice(2, -1) } : { text: part }));

/** A variable's value is taken literally: a tag `*` is no wildcard. */
export const compilePattern = (pattern: string, bound: Bound, quote: (text: string) => string = wildcards): ((text: string) => boolean) => {
  const parts = splitVariables(pattern).map(({ text = '', variable }) => {
    const value = variable === undefined ? undefined : boundValue(variable, bound);
    return variable === undefined ? quote(text) : value === undefined ? undefined : literally(value);
  });
  if (parts.includes(undefined)) return () => false;
  const expression = new RegExp(`^${parts.join('')}$`, 's');
  return (text) => expression.test(text);
};

/** Without wildcards. */
export const compileLiteral = (pattern: string, bound: Bound): ((text: string) => boolean) => compilePattern(pattern, bound, literally);

/** The six parts of an ARN match separately, so that a `*` does not reach over a colon of the first five. */
export const compileArn = (pattern: string, bound: Bound): ((text: string) => boolean) => {
  const partsOf = (arn: string): readonly string[] => {
    const [a = '', b = '', c = '', d = '', e = '', ...rest] = arn.replaceAll(/\$\{aws:/g, '${aws;').split(':');
    return [a, b, c, d, e, rest.join(':')].map((part) => part.replaceAll('${aws;', '${aws:'));
  };
  const patterns = partsOf(pattern).map((part) => compilePattern(part, bound));
  return (text) => {
    const parts = partsOf(text);
    return patterns.every((matches, index) => matches(parts[index] ?? ''));
  };
};
