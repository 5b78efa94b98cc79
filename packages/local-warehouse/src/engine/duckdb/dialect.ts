import type { QueryParameter } from '../engine';
import { intervalText } from './intervals';
import { splitArguments, TokenReader } from './token-reader';
import { quoted, stringValue, tokenize } from './tokens';
import type { Token } from './tokens';
import { isNestedType, readType, typeName } from './type-names';

/** SQL in DuckDB's words, with the values of its positional parameters in the order of their markers. */
export interface TranslatedSql {
  readonly sql: string;
  readonly values: readonly (string | null)[];
  /** The first marker without a value. */
  readonly unbound: string | undefined;
}

const CATALOG = 'main';
const RESERVED_NAMES = new Set(['default']);
/** Functions without arguments that DuckDB has by another name. */
const CLOCKS = new Map([
  ['current_timestamp', 'now()'],
  ['current_date', 'current_date'],
  ['current_catalog', `'${CATALOG}'`],
]);
const CASTS = new Set(['cast', 'try_cast']);
const JOIN_CONDITIONS = new Set(['on', 'using']);
const CLAUSES =
  /^(?:on|using|where|group|order|having|limit|offset|union|except|intersect|left|right|full|inner|cross|join|natural|qualify|window|lateral|tablesample|as)$/;
/** Clauses of CREATE TABLE that say where and how Delta keeps it. */
const TABLE_OPTIONS = new Map<string, 'name' | 'parentheses' | 'string'>([
  ['using', 'name'],
  ['tblproperties', 'parentheses'],
  ['comment', 'string'],
  ['location', 'string'],
]);

/**
 * Translates the Spark spellings that DuckDB does not share. Parameters are bound as text and cast to their type.
 */
export function translate(sql: string, parameters: readonly QueryParameter[]): TranslatedSql {
  const translator = new Translator(parameters);
  const translated = translator.translate(tokenize(sql));
  return { sql: translated, values: translator.values, unbound: translator.unbound };
}

class Translator {
  readonly values: (string | null)[] = [];
  unbound: string | undefined;
  readonly #named = new Map<string, QueryParameter>();
  readonly #positional: QueryParameter[] = [];
  #position = 0;
  #isTableDefinition = false;

  constructor(parameters: readonly QueryParameter[]) {
    for (const parameter of parameters) {
      if (parameter.name === undefined) this.#positional.push(parameter);
      else this.#named.set(parameter.name, parameter);
    }
  }

  translate(tokens: readonly Token[]): string {
    const reader = new TokenReader(tokens);
    let sql = '';
    let previous = '';
    while (!reader.atEnd) {
      const isFirst = sql.trim() === '';
      const text = this.#step(reader, previous, isFirst);
      sql += text;
      if (text.trim() !== '') previous = text.trim().toLowerCase();
    }
    return sql;
  }

  #step(reader: TokenReader, previous: string, isFirst: boolean): string {
    if (!reader.atSpace && isNestedType(reader)) return readType(reader);
    const token = reader.next();
    if (!token) return '';
    switch (token.kind) {
      case 'string':
        return quoted(stringValue(token.text));
      case 'hex':
        return `unhex(${token.text.slice(1)})`;
      case 'identifier':
        return this.#qualified(reader, token.text.slice(1, -1).replaceAll('``', '`'), previous);
      case 'number':
        return token.text.replace(/(?:bd|[lsyf])$/i, '').replace(/d$/i, '::DOUBLE');
      case 'parameter':
        return this.#parameter(token.text);
      case 'word':
        return this.#word(reader, token.text, previous, isFirst);
      default:
        return token.text;
    }
  }

  #word(reader: TokenReader, text: string, previous: string, isFirst: boolean): string {
    const word = text.toLowerCase();
    if (isFirst) this.#isTableDefinition = word === 'create';
    if (reader.peek() === '.' || previous === '.') return this.#qualified(reader, text, previous);
    if (word === 'interval') return this.#interval(reader);
    if (word === 'timestamp' || word === 'timestamp_ntz') {
      const isType = reader.peekKind() === 'string' || this.#isTableDefinition;
      return isType ? typeName(word) : text;
    }
    if (CLOCKS.has(word) && reader.accept('(')) {
      reader.takeParenthesized();
      return CLOCKS.get(word) ?? text;
    }
    if (CASTS.has(word) && reader.accept('(')) return this.#cast(reader, text);
    if (word === 'div') return '//';
    if (word === 'table' && previous === 'into') return '';
    if (this.#isTableDefinition && TABLE_OPTIONS.has(word)) {
      return this.#skipOption(reader, word, text);
    }
    if ((word === 'from' || word === 'join') && isTableFunction(reader)) {
      return `${text} ${this.#tableFunction(reader)}${word === 'join' ? this.#joinCondition(reader) : ''}`;
    }
    if (word === 'from' && isFirst) return `SELECT * ${text}`;
    if (word === 'join' && previous !== 'cross') {
      return `${text} ${this.#tableReference(reader)}${this.#joinCondition(reader)}`;
    }
    const construct = reader.peek() === '(' ? CONSTRUCTORS.get(word) : undefined;
    return construct ? this.#constructorCall(reader, construct, text) : text;
  }

  /** A part of a name. The catalog `main` is left out: DuckDB reserves the name. */
  #qualified(reader: TokenReader, name: string, previous: string): string {
    const isCatalog =
      previous !== '.' &&
      name.toLowerCase() === CATALOG &&
      reader.peek() === '.' &&
      reader.peek(2) === '.';
    if (isCatalog) {
      reader.accept('.');
      return '';
    }
    return RESERVED_NAMES.has(name.toLowerCase()) || !/^[a-z_]\w*$/i.test(name)
      ? `"${name.replaceAll('"', '""')}"`
      : name;
  }

  #parameter(marker: string): string {
    const name = marker === '?' ? `_${this.#position}` : marker.slice(1);
    const parameter = marker === '?' ? this.#positional[this.#position] : this.#named.get(name);
    if (marker === '?') this.#position += 1;
    if (!parameter) {
      this.unbound ??= name;
      return 'NULL';
    }
    this.values.push(parameter.value);
    return `CAST($${this.values.length} AS ${typeName(parameter.type)})`;
  }

  /** A literal with its units, or the name of a type. */
  #interval(reader: TokenReader): string {
    if (reader.peekKind() !== 'string') {
      if (reader.peekKind() === 'number' || reader.peek() === '(') return 'INTERVAL';
      return readType(reader.preceded({ kind: 'word', text: 'interval' }));
    }
    const text = stringValue(reader.take()?.text ?? '');
    const first = reader.peekKind() === 'word' ? (reader.take()?.text.toLowerCase() ?? '') : '';
    const last = reader.accept('to') ? (reader.take()?.text.toLowerCase() ?? first) : first;
    return `INTERVAL ${quoted(first === '' ? text : intervalText(text, first, last))}`;
  }

  #skipOption(reader: TokenReader, word: string, text: string): string {
    const follows = TABLE_OPTIONS.get(word);
    if (follows === 'name' && reader.peekKind() === 'word') reader.take();
    else if (follows === 'string' && reader.peekKind() === 'string') reader.take();
    else if (follows === 'parentheses' && reader.accept('(')) reader.takeParenthesized();
    else return text;
    return '';
  }

  #cast(reader: TokenReader, text: string): string {
    const inner = reader.takeParenthesized();
    const at = lastAs(inner);
    const type = readType(new TokenReader(inner.slice(at + 1)));
    return `${text}(${this.translate(inner.slice(0, at))} AS ${type})`;
  }

  #constructorCall(reader: TokenReader, construct: Constructor, text: string): string {
    if (reader.peek(1) === 'select') return text;
    reader.accept('(');
    const parts = splitArguments(reader.takeParenthesized());
    const names = parts.map(aliasOf);
    const values = parts.map((part, index) =>
      this.translate(names[index] === undefined ? part : withoutAlias(part)).trim(),
    );
    return construct(values, names);
  }

  /** `range(…)` with its column `id`, or `VALUES …` with its columns `col1`, `col2`, …. */
  #tableFunction(reader: TokenReader): string {
    if (reader.accept('range')) {
      reader.accept('(');
      return `(SELECT range AS id FROM range(${this.translate(reader.takeParenthesized())}))`;
    }
    reader.accept('values');
    const rows: string[] = [];
    let width = 1;
    do {
      if (reader.accept('(')) {
        const inner = reader.takeParenthesized();
        width = splitArguments(inner).length;
        rows.push(`(${this.translate(inner)})`);
      } else {
        const token = reader.take();
        rows.push(`(${token ? this.translate([token]) : ''})`);
      }
    } while (reader.accept(','));
    const isNamed = reader.peek() === 'as' || isAlias(reader);
    const names = Array.from({ length: width }, (_, index) => `col${index + 1}`);
    return `(VALUES ${rows.join(', ')})${isNamed ? '' : ` AS inline_table(${names.join(', ')})`}`;
  }

  /** A table's name, or a query in parentheses, with its alias. */
  #tableReference(reader: TokenReader): string {
    let text = '';
    if (reader.accept('(')) text = `(${this.translate(reader.takeParenthesized())})`;
    else {
      let previous = '';
      do {
        const token = reader.take();
        const name = token?.text.replaceAll('`', '') ?? '';
        text += this.#qualified(reader, name, previous);
        previous = '.';
        if (reader.peek() === '.' && text !== '') text += '.';
      } while (reader.accept('.') || text === '');
    }
    return text;
  }

  /** Spark takes a join without a condition for one that always holds. */
  #joinCondition(reader: TokenReader): string {
    let alias = '';
    if (reader.accept('as')) alias = ` AS ${reader.take()?.text ?? ''}`;
    else if (isAlias(reader)) alias = ` ${reader.take()?.text ?? ''}`;
    if (alias !== '' && reader.accept('(')) {
      alias += `(${this.translate(reader.takeParenthesized())})`;
    }
    alias = alias.replaceAll('`', '"');
    return JOIN_CONDITIONS.has(reader.peek()) ? `${alias} ` : `${alias} ON true `;
  }
}

function isTableFunction(reader: TokenReader): boolean {
  return (
    (reader.peek() === 'range' && reader.peek(1) === '(') ||
    (reader.peek() === 'values' && reader.peek(1) !== '.')
  );
}

function isAlias(reader: TokenReader): boolean {
  const kind = reader.peekKind();
  return kind === 'identifier' || (kind === 'word' && !CLAUSES.test(reader.peek()));
}

type Constructor = (values: readonly string[], names: readonly (string | undefined)[]) => string;

/** The calls that make nested values. */
const CONSTRUCTORS = new Map<string, Constructor>([
  ['array', (values) => `list_value(${values.join(', ')})`],
  ['map', (values) => `MAP([${everySecond(values, 0)}], [${everySecond(values, 1)}])`],
  ['struct', structOf],
  [
    'named_struct',
    (values) =>
      structOf(
        values.filter((_, index) => index % 2 === 1),
        values.filter((_, index) => index % 2 === 0).map((name) => name.replaceAll("'", '')),
      ),
  ],
]);

function everySecond(values: readonly string[], remainder: number): string {
  return values.filter((_, index) => index % 2 === remainder).join(', ');
}

function structOf(values: readonly string[], names: readonly (string | undefined)[]): string {
  const fields = values.map((value, index) => `"${names[index] ?? `col${index + 1}`}" := ${value}`);
  return `struct_pack(${fields.join(', ')})`;
}

/** The name behind `AS` at the end of an argument. */
function aliasOf(part: readonly Token[]): string | undefined {
  const words = part.filter(({ kind }) => kind !== 'space');
  return words.at(-2)?.text.toLowerCase() === 'as'
    ? words.at(-1)?.text.replaceAll('`', '')
    : undefined;
}

function withoutAlias(part: readonly Token[]): Token[] {
  return part.slice(0, lastAs(part));
}

function lastAs(tokens: readonly Token[]): number {
  return tokens.findLastIndex(({ text }) => text.toLowerCase() === 'as');
}
