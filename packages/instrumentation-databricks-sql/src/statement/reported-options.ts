import type { Attributes } from '@opentelemetry/api';
import type { ExecuteStatementOptions } from '../driver/shapes';
import { ATTR_DATABRICKS_QUERY_TAG, ATTR_DB_QUERY_PARAMETER } from '../semconv';
import { unlessThrown } from './unless-thrown';

/**
 * Parameters and query tags of a statement as attributes, for `enhancedDatabaseReporting`. A value that cannot be read or
 * converted to a string is left out.
 */
export function reportedOptions(options: ExecuteStatementOptions): Attributes {
  const attributes: Attributes = {};
  for (const [key, parameter] of entriesOf(
    () => options.ordinalParameters ?? options.namedParameters,
  )) {
    const value = unlessThrown(() => parameterString(parameter));
    if (value !== undefined) attributes[`${ATTR_DB_QUERY_PARAMETER}.${key}`] = value;
  }
  for (const [key, tag] of entriesOf(() => options.queryTags)) {
    const value = unlessThrown(() => toString(tag ?? ''));
    if (value !== undefined) attributes[`${ATTR_DATABRICKS_QUERY_TAG}.${key}`] = value;
  }
  return attributes;
}

/** The readable entries of the object or array that `read` returns. */
function entriesOf(read: () => object | undefined): [string, unknown][] {
  const object = unlessThrown(read);
  if (typeof object !== 'object' || object === null) return [];
  const keys = unlessThrown(() => Object.keys(object)) ?? [];
  return keys.flatMap((key) => {
    const entry = unlessThrown((): [string, unknown] => [key, Reflect.get(object, key)]);
    return entry === undefined ? [] : [entry];
  });
}

/** The value as the driver sends it. `parameter` is a value, or a `DBSQLParameter` that contains one. */
function parameterString(parameter: unknown): string {
  if (typeof parameter !== 'object' || parameter === null) return toString(parameter);
  if (isDate(parameter)) return parameter.toISOString();
  if (!('value' in parameter)) return toString(parameter);
  const { value } = parameter;
  return isDate(value) ? (sentDate(parameter) ?? value.toISOString()) : toString(value);
}

function toString(value: unknown): string {
  return String(value);
}

function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]';
}

/** What the driver sends for a `DBSQLParameter` with a date: a calendar date or an instant, depending on its type. */
function sentDate(parameter: object): string | undefined {
  const { toSparkParameter } = parameter as {
    toSparkParameter?: () => { value?: { stringValue?: string | null } | null };
  };
  return toSparkParameter?.call(parameter).value?.stringValue ?? undefined;
}
