import type { Token } from './tokens';

/** Walks over the tokens of a statement. Whitespace and comments are skipped, unless they are asked for. */
export class TokenReader {
  readonly #tokens: Token[];
  #index = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = [...tokens];
  }

  get atEnd(): boolean {
    return this.#index >= this.#tokens.length;
  }

  /** Whether the next token is whitespace or a comment. */
  get atSpace(): boolean {
    return this.#tokens[this.#index]?.kind === 'space';
  }

  /** The next token as it is; undefined at the end. */
  next(): Token | undefined {
    const token = this.#tokens[this.#index];
    this.#index += 1;
    return token;
  }

  /** The `offset`-th token ahead that is not whitespace, in lower case; empty at the end. */
  peek(offset = 0): string {
    return this.#ahead(offset)?.text.toLowerCase() ?? '';
  }

  peekKind(offset = 0): Token['kind'] | undefined {
    return this.#ahead(offset)?.kind;
  }

  /** Skips whitespace and takes the next token if its text is one of these. */
  accept(...texts: readonly string[]): Token | undefined {
    return texts.includes(this.peek()) ? this.take() : undefined;
  }

  /** Skips whitespace and takes the next token. */
  take(): Token | undefined {
    while (this.#tokens[this.#index]?.kind === 'space') this.#index += 1;
    return this.next();
  }

  /** Puts a token before the next one. */
  preceded(token: Token): this {
    this.#tokens.splice(this.#index, 0, token);
    return this;
  }

  /** Takes the tokens up to the parenthesis that closes the one just taken, which is taken as well. */
  takeParenthesized(): Token[] {
    const inner: Token[] = [];
    let depth = 1;
    for (let token = this.next(); token; token = this.next()) {
      if (token.text === '(') depth += 1;
      if (token.text === ')') depth -= 1;
      if (depth === 0) return inner;
      inner.push(token);
    }
    return inner;
  }

  #ahead(offset: number): Token | undefined {
    let left = offset;
    for (let index = this.#index; index < this.#tokens.length; index += 1) {
      const token = this.#tokens[index];
      if (token?.kind === 'space') continue;
      if (left === 0) return token;
      left -= 1;
    }
    return undefined;
  }
}

/** Splits at the commas that are outside of parentheses; nothing for no tokens but whitespace. */
export function splitArguments(tokens: readonly Token[]): Token[][] {
  if (tokens.every(({ kind }) => kind === 'space')) return [];
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (token.text === '(' || token.text === '[') depth += 1;
    if (token.text === ')' || token.text === ']') depth -= 1;
    if (token.text === ',' && depth === 0) parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}
