/**
 * SQL taken apart as PostgreSQL's own scanner does, as far as the lint needs it: comments are gone, what stands inside a
 * string, a quoted name or a dollar quote is one token, and so no word in them is taken for a keyword.
 */
export interface Token {
  /** `word` may be a keyword and is in lower case; `name` stood in double quotes; `text` is any literal string. */
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol';
  readonly text: string;
  /** How many parentheses are open around it; those themselves stand outside. */
  readonly depth: number;
}

const patterns = [
  { skip: /\s+|--[^\n]*|\/\*[\s\S]*?\*\//y },
  { kind: 'text', pattern: /[eE]'(?:[^'\\]|''|\\[\s\S])*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'|\$([A-Za-z_]\w*)?\$[\s\S]*?\$\1\$/y },
  { kind: 'name', pattern: /"(?:[^"]|"")*"/y },
  { kind: 'number', pattern: /\$?\d[\w.]*/y },
  { kind: 'word', pattern: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y },
  { kind: 'symbol', pattern: /::|[\s\S]/y },
] as const;

/** The statements of one call, each as its tokens; the semicolons between them are gone. */
export const statementsOf = (sql: string): readonly (readonly Token[])[] => {
  const statements: Token[][] = [[]];
  let depth = 0;
  for (const { kind, text } of scan(sql)) {
    if (kind === 'symbol' && text === ';') {
      statements.push([]);
      continue;
    }
    if (kind === 'symbol' && text === ')') depth -= 1;
    statements.at(-1)?.push({ kind, text, depth });
    if (kind === 'symbol' && text === '(') depth += 1;
  }
  return statements.filter((statement) => statement.length > 0);
};

function* scan(sql: string): Generator<Omit<Token, 'depth'>> {
  for (let at = 0; at < sql.length; ) {
    for (const rule of patterns) {
      const pattern = 'skip' in rule ? rule.skip : rule.pattern;
      pattern.lastIndex = at;
      const [found] = pattern.exec(sql) ?? [];
      if (found === undefined) continue;
      at += found.length;
      if ('kind' in rule) yield { kind: rule.kind, text: plain(rule.kind, found) };
      break;
    }
  }
}

const plain = (kind: Token['kind'], found: string): string => {
  if (kind === 'word') return found.toLowerCase();
  return kind === 'name' ? found.slice(1, -1).replaceAll('""', '"') : found;
};

/** What stands between the commas of `tokens` that are in no parentheses but those around all of it. */
export const betweenCommas = (tokens: readonly Token[]): readonly (readonly Token[])[] => {
  const outermost = tokens[0]?.depth ?? 0;
  const parts: Token[][] = [[]];
  for (const token of tokens)
    if (token.depth === outermost && isSymbol(token, ',')) parts.push([]);
    else parts.at(-1)?.push(token);
  return parts;
};

export const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

export const isSymbol = (token: Token | undefined, symbol: string): boolean => token?.kind === 'symbol' && token.text === symbol;

/** A table or another object, as the statement names it. */
export interface ObjectName {
  /** Absent where the statement leaves it to the search path. */
  readonly schema?: string;
  readonly name: string;
  /** Where the statement goes on. */
  readonly next: number;
}

/** The name that begins at `at`, if one does. */
export const objectNameAt = (tokens: readonly Token[], at: number): ObjectName | undefined => {
  const first = tokens[at];
  if (first === undefined || !isNaming(first)) return undefined;
  const second = isSymbol(tokens[at + 1], '.') ? tokens[at + 2] : undefined;
  if (second === undefined) return { name: first.text, next: at + 1 };
  return { schema: first.text, name: second.text, next: at + 3 };
};

/** The words after `at` that only modify what is named next. */
export const skipWords = (tokens: readonly Token[], at: number, ...words: readonly string[]): number => {
  let next = at;
  while (isWord(tokens[next], ...words)) next += 1;
  return next;
};

/** Words that PostgreSQL reserves, and which therefore end a list of names instead of being one. */
const reserved = new Set(
  'all and any as asc case cast check collate column constraint cross default desc distinct do else end except false fetch for foreign from full grant group having in inner intersect into is join lateral left like limit natural not null offset on only or order outer primary references returning right select set some table then to true union unique user using values when where window with'.split(
    ' ',
  ),
);

const isNaming = ({ kind, text }: Token): boolean => kind === 'name' || (kind === 'word' && !reserved.has(text));
