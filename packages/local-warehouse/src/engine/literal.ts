import { column } from './relation';
import type { QueryParameter } from './engine';
import type { Column, DataType, SimpleKind, Value } from './types';

/** One expression of a SELECT list that needs no table. */
export interface ConstantColumn {
  readonly column: Column;
  readonly value: Value;
}

interface Constant {
  readonly type: DataType;
  readonly value: Value;
}

const INT_MAX = 2_147_483_647n;
const MICROS_PER_MS = 1000n;
const ALIAS = /^(.*?)\s+(?:as\s+)?(`[^`]+`|[A-Za-z_]\w*)$/is;
const RESERVED_ENDING = /^(?:null|true|false)$/i;

/** Reads `1 AS one`, `'text'`, `DATE '2026-01-01'`, `:name`, `?`, …; undefined for anything else. */
export function parseConstantColumn(
  text: string,
  nextParameter: (name: string | undefined) => QueryParameter | undefined,
): ConstantColumn | undefined {
  const whole = parseConstant(text, nextParameter);
  if (whole) return { column: column(text, whole.type), value: whole.value };
  const aliased = ALIAS.exec(text);
  if (!aliased) return undefined;
  const [, expression = '', alias = ''] = aliased;
  if (RESERVED_ENDING.test(alias)) return undefined;
  const constant = parseConstant(expression, nextParameter);
  return (
    constant && { column: column(alias.replaceAll('`', ''), constant.type), value: constant.value }
  );
}

function parseConstant(
  text: string,
  nextParameter: (name: string | undefined) => QueryParameter | undefined,
): Constant | undefined {
  if (/^[+-]?\d+$/.test(text)) return integer(BigInt(text));
  if (/^[+-]?\d*\.\d+$/.test(text)) return decimal(text);
  if (/^[+-]?\d+(?:\.\d*)?e[+-]?\d+$/i.test(text)) return simple('DOUBLE', Number(text));
  if (/^null$/i.test(text)) return simple('VOID', null);
  if (/^(?:true|false)$/i.test(text)) return simple('BOOLEAN', text.toLowerCase() === 'true');
  const quoted = /^(date|timestamp)?\s*'((?:[^'\\]|\\.|'')*)'$/is.exec(text);
  if (quoted) return typedText(quoted[1]?.toUpperCase() ?? 'STRING', unescape(quoted[2] ?? ''));
  const parameter = /^(?:\?|:(\w+))$/.exec(text);
  if (!parameter) return undefined;
  const bound = nextParameter(parameter[1]);
  return bound && bindParameter(bound);
}

function simple(kind: SimpleKind, value: Value): Constant {
  return { type: { kind }, value };
}

function integer(value: bigint): Constant {
  return value > INT_MAX || value < -INT_MAX - 1n
    ? simple('BIGINT', value)
    : simple('INT', Number(value));
}

function decimal(text: string): Constant {
  const [whole = '', fraction = ''] = text.replace(/^[+-]/, '').split('.');
  const precision = Math.max(1, whole.replace(/^0+/, '').length + fraction.length);
  return {
    type: { kind: 'DECIMAL', precision, scale: fraction.length },
    value: text.replace(/^\+/, '').replace(/^(-?)\./, '$10.'),
  };
}

function unescape(text: string): string {
  return text.replaceAll("''", "'").replace(/\\(.)/gs, '$1');
}

function typedText(type: string, text: string): Constant | undefined {
  if (type === 'STRING') return simple('STRING', text);
  const epochMs = Date.parse(type === 'DATE' ? `${text}T00:00:00Z` : `${text.replace(' ', 'T')}Z`);
  if (Number.isNaN(epochMs)) return undefined;
  return type === 'DATE'
    ? simple('DATE', text)
    : simple('TIMESTAMP', BigInt(epochMs) * MICROS_PER_MS);
}

function bindParameter({ type, value }: QueryParameter): Constant | undefined {
  const kind = type.toUpperCase();
  if (value === null) return simple('VOID', null);
  switch (kind) {
    case 'BOOLEAN':
      return simple('BOOLEAN', value.toLowerCase() === 'true');
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'INTEGER':
      return simple(kind === 'INTEGER' ? 'INT' : kind, Number(value));
    case 'BIGINT':
      return simple('BIGINT', BigInt(value));
    case 'FLOAT':
    case 'DOUBLE':
      return simple(kind, Number(value));
    case 'DATE':
      return typedText('DATE', value);
    case 'TIMESTAMP':
      return typedText('TIMESTAMP', value.replace(/Z$/, ''));
    default:
      return kind.startsWith('DECIMAL') ? decimal(value) : simple('STRING', value);
  }
}
