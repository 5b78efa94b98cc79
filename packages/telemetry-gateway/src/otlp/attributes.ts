import type { Attributes } from '@opentelemetry/api';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';

/** The longest value that is kept of a string; a stack trace may be longer. */
const MAX_TEXT_LENGTH = 1_024;
const MAX_STACK_LENGTH = 16_384;

/** The attributes of a span that records are made of: never SQL, parameters or tags, whatever the sender exports. */
export const SPAN_ATTRIBUTES: ReadonlySet<string> = new Set([
  ...Object.entries(semconv)
    .filter(([name]) => name.startsWith('ATTR_DATABRICKS_') && !name.endsWith('QUERY_TAG'))
    .map(([, value]): string => value),
  semconv.ATTR_DB_QUERY_SUMMARY,
  semconv.ATTR_DB_RESPONSE_STATUS_CODE,
  semconv.ATTR_ERROR_TYPE,
  semconv.ATTR_SERVER_ADDRESS,
  semconv.ATTR_SERVER_PORT,
]);

/** The attributes of an exception event that records are made of; the message may quote SQL. */
export const EXCEPTION_ATTRIBUTES: ReadonlySet<string> = new Set([
  semconv.ATTR_EXCEPTION_TYPE,
  semconv.ATTR_EXCEPTION_STACKTRACE,
]);

/** The attributes of a resource that records are made of. */
export const RESOURCE_ATTRIBUTES: ReadonlySet<string> = new Set([
  'process.runtime.version',
  'process.executable.name',
  'process.command',
  'os.type',
  'os.version',
  'host.arch',
]);

/**
 * Reads the known attributes of an OTLP attribute list. Everything else is left out: unknown names, values of other types
 * than text, number and boolean, and whatever is malformed. The first of two values with one name counts.
 */
export function readAttributes(list: unknown, known: ReadonlySet<string>): Attributes {
  const attributes: Attributes = {};
  if (!Array.isArray(list)) return attributes;
  for (const entry of list as readonly unknown[]) {
    if (!isObject(entry)) continue;
    const { key, value } = entry;
    if (typeof key !== 'string' || !known.has(key) || Object.hasOwn(attributes, key)) continue;
    const read = readValue(value, key);
    if (read !== undefined) attributes[key] = read;
  }
  return attributes;
}

function readValue(value: unknown, key: string): string | number | boolean | undefined {
  if (!isObject(value)) return undefined;
  const { stringValue, boolValue, intValue, doubleValue } = value;
  if (typeof stringValue === 'string') return readText(stringValue, key);
  if (typeof boolValue === 'boolean') return boolValue;
  // 64-bit integers are strings in JSON.
  const number = intValue === undefined ? doubleValue : intValue;
  const read = typeof number === 'string' && number.length <= 32 ? Number(number) : number;
  return typeof read === 'number' && Number.isFinite(read) ? read : undefined;
}

function readText(text: string, key: string): string | undefined {
  if (key === semconv.ATTR_EXCEPTION_STACKTRACE) return text.slice(0, MAX_STACK_LENGTH);
  // The rest of the summary names tables; records have only the kind of the statement.
  if (key === semconv.ATTR_DB_QUERY_SUMMARY) return text.slice(0, MAX_TEXT_LENGTH).split(' ', 1)[0];
  return text.length <= MAX_TEXT_LENGTH ? text : undefined;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
