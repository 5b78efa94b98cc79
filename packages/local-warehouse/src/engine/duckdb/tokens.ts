export type TokenKind =
  'space' | 'string' | 'hex' | 'identifier' | 'word' | 'number' | 'parameter' | 'symbol';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

const PATTERNS: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /\s+|--[^\n]*|\/\*.*?\*\//sy],
  ['hex', /x'[0-9a-f]*'/iy],
  ['string', /r'[^']*'|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"/isy],
  ['identifier', /`(?:[^`]|``)*`/y],
  ['number', /(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?(?:bd|[lsydf])?\b/iy],
  ['word', /[a-z_]\w*/iy],
  ['parameter', /:[a-z_]\w*|\?/iy],
  ['symbol', /::|<=>|<=|>=|<>|!=|\|\||./sy],
];

/** Splits Spark SQL into tokens; their texts in a row are the SQL again. */
export function tokenize(sql: string): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  while (index < sql.length) {
    const token = tokenAt(sql, index);
    tokens.push(token);
    index += token.text.length;
  }
  return tokens;
}

function tokenAt(sql: string, index: number): Token {
  for (const [kind, pattern] of PATTERNS) {
    pattern.lastIndex = index;
    const text = pattern.exec(sql)?.[0];
    if (text !== undefined && text !== '') return { kind, text };
  }
  return { kind: 'symbol', text: sql.charAt(index) };
}

/** The text that a string literal stands for. */
export function stringValue(literal: string): string {
  if (/^r/i.test(literal)) return literal.slice(2, -1);
  const quote = literal.charAt(0);
  return literal
    .slice(1, -1)
    .replaceAll(quote + quote, quote)
    .replace(/\\(.)/gs, (_, escaped: string) => ESCAPES[escaped] ?? escaped);
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  '0': '\0',
  Z: '\u001a',
};

/** A string literal as standard SQL writes it. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
