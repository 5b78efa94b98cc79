import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_RESULT_FORMAT,
  ATTR_DB_QUERY_SUMMARY,
  ATTR_DATABRICKS_ERROR_CONDITION,
  ATTR_ERROR_TYPE,
  ATTR_EXCEPTION_STACKTRACE,
  ATTR_EXCEPTION_TYPE,
  OPERATION_CANCEL_STATEMENT,
  OPERATION_CLOSE_SESSION,
  OPERATION_CLOSE_STATEMENT,
  OPERATION_EXECUTE_STATEMENT,
  OPERATION_GET_CATALOGS,
  OPERATION_GET_COLUMNS,
  OPERATION_GET_CROSS_REFERENCE,
  OPERATION_GET_FUNCTIONS,
  OPERATION_GET_INFO,
  OPERATION_GET_PRIMARY_KEYS,
  OPERATION_GET_SCHEMAS,
  OPERATION_GET_TABLES,
  OPERATION_GET_TABLE_TYPES,
  OPERATION_GET_TYPE_INFO,
  OPERATION_OPEN_SESSION,
  OPERATION_STAGING_GET,
  OPERATION_STAGING_PUT,
  OPERATION_STAGING_REMOVE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { TimedEvent } from '../otel';
import { text } from '../attribute-values';
import { redact } from './redact';
import type {
  ExecutionResultFormat,
  OperationType,
  StatementType,
  VolumeOperationType,
} from './schema';
import { stackFrames } from './stack-frames';

/** What the kind of a call alone implies. */
export interface OperationFacts {
  readonly operationType?: OperationType;
  readonly statementType?: StatementType;
  readonly volumeOperationType?: VolumeOperationType;
  /** Whether the call has a result, and so a result format. */
  readonly hasResult?: boolean;
}

const METADATA = { statementType: 'METADATA', hasResult: true } as const;
const STAGING = { operationType: 'EXECUTE_STATEMENT', statementType: 'VOLUME' } as const;

const OPERATIONS: ReadonlyMap<string, OperationFacts> = new Map<string, OperationFacts>([
  [OPERATION_OPEN_SESSION, { operationType: 'CREATE_SESSION' }],
  [OPERATION_CLOSE_SESSION, { operationType: 'DELETE_SESSION' }],
  [OPERATION_EXECUTE_STATEMENT, { operationType: 'EXECUTE_STATEMENT', hasResult: true }],
  [OPERATION_CANCEL_STATEMENT, { operationType: 'CANCEL_STATEMENT' }],
  [OPERATION_CLOSE_STATEMENT, { operationType: 'CLOSE_STATEMENT' }],
  // The schema has no type for this call.
  [OPERATION_GET_INFO, { statementType: 'METADATA' }],
  [OPERATION_GET_TYPE_INFO, { operationType: 'LIST_TYPE_INFO', ...METADATA }],
  [OPERATION_GET_CATALOGS, { operationType: 'LIST_CATALOGS', ...METADATA }],
  [OPERATION_GET_SCHEMAS, { operationType: 'LIST_SCHEMAS', ...METADATA }],
  [OPERATION_GET_TABLES, { operationType: 'LIST_TABLES', ...METADATA }],
  [OPERATION_GET_TABLE_TYPES, { operationType: 'LIST_TABLE_TYPES', ...METADATA }],
  [OPERATION_GET_COLUMNS, { operationType: 'LIST_COLUMNS', ...METADATA }],
  [OPERATION_GET_FUNCTIONS, { operationType: 'LIST_FUNCTIONS', ...METADATA }],
  [OPERATION_GET_PRIMARY_KEYS, { operationType: 'LIST_PRIMARY_KEYS', ...METADATA }],
  [OPERATION_GET_CROSS_REFERENCE, { operationType: 'LIST_CROSS_REFERENCES', ...METADATA }],
  [OPERATION_STAGING_PUT, { volumeOperationType: 'PUT', ...STAGING }],
  [OPERATION_STAGING_GET, { volumeOperationType: 'GET', ...STAGING }],
  [OPERATION_STAGING_REMOVE, { volumeOperationType: 'DELETE', ...STAGING }],
]);

const FORMATS: ReadonlyMap<string, ExecutionResultFormat> = new Map([
  ['inline_arrow', 'INLINE_ARROW'],
  ['inline_columnar', 'COLUMNAR_INLINE'],
  ['cloudfetch', 'EXTERNAL_LINKS'],
]);

const STATEMENT_VERBS: ReadonlyMap<string, StatementType> = new Map<string, StatementType>([
  ...(['SELECT', 'WITH', 'VALUES', 'TABLE', 'FROM', 'SHOW', 'DESCRIBE', 'DESC', 'EXPLAIN'].map(
    (verb) => [verb, 'QUERY'],
  ) as [string, StatementType][]),
  ...(['INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'LOAD', 'TRUNCATE', 'REPLACE'].map((verb) => [
    verb,
    'UPDATE',
  ]) as [string, StatementType][]),
  ...(['PUT', 'GET', 'REMOVE', 'LIST'].map((verb) => [verb, 'VOLUME']) as [
    string,
    StatementType,
  ][]),
]);
const VOLUME_VERBS: ReadonlyMap<string, VolumeOperationType> = new Map([
  ['PUT', 'PUT'],
  ['GET', 'GET'],
  ['REMOVE', 'DELETE'],
  ['LIST', 'LIST'],
]);
const NO_FACTS: OperationFacts = {};

export function operationFacts(operation: string): OperationFacts {
  return OPERATIONS.get(operation) ?? NO_FACTS;
}

/** First word of the summary: the only part of it that is read, since the rest names the user's tables. */
export function statementVerb(attributes: Attributes): string | undefined {
  const summary = text(attributes[ATTR_DB_QUERY_SUMMARY]);
  if (summary === undefined) return undefined;
  const end = summary.indexOf(' ');
  return end < 0 ? summary : summary.slice(0, end);
}

export function statementType(verb: string): StatementType {
  return STATEMENT_VERBS.get(verb) ?? STATEMENT_VERBS.get(verb.toUpperCase()) ?? 'SQL';
}

export function volumeOperationType(verb: string): VolumeOperationType | undefined {
  return VOLUME_VERBS.get(verb) ?? VOLUME_VERBS.get(verb.toUpperCase());
}

/** The format of the result; `FORMAT_UNSPECIFIED` when it is unknown. */
export function executionResult(
  attributes: Attributes,
  completion: Attributes | undefined,
): ExecutionResultFormat {
  const format =
    text(completion?.[ATTR_DATABRICKS_RESULT_FORMAT]) ??
    text(attributes[ATTR_DATABRICKS_RESULT_FORMAT]);
  return (format === undefined ? undefined : FORMATS.get(format)) ?? 'FORMAT_UNSPECIFIED';
}

/** Names of classes, conditions, SQLSTATEs, HTTP statuses and error codes look like this; messages do not. */
const ERROR_NAME = /^[A-Za-z0-9_][\w.$-]{0,99}$/;
const UNKNOWN_ERROR_NAME = '_OTHER';
const EXCEPTION_EVENT = 'exception';

/** The condition of Databricks, else `error.type`, else the exception's class. */
export function errorName(attributes: Attributes, events: readonly TimedEvent[]): string {
  for (const name of [
    text(attributes[ATTR_DATABRICKS_ERROR_CONDITION]),
    text(attributes[ATTR_ERROR_TYPE]),
    text(exception(events)?.attributes?.[ATTR_EXCEPTION_TYPE]),
  ]) {
    if (name !== undefined && ERROR_NAME.test(name) && redact(name) === name) return name;
  }
  return UNKNOWN_ERROR_NAME;
}

/** Frames of the recorded exception; `undefined` without one. */
export function errorStack(events: readonly TimedEvent[]): string | undefined {
  const stack = exception(events)?.attributes?.[ATTR_EXCEPTION_STACKTRACE];
  return typeof stack === 'string' ? stackFrames(stack) || undefined : undefined;
}

function exception(events: readonly TimedEvent[]): TimedEvent | undefined {
  return events.find((event) => event.name === EXCEPTION_EVENT);
}
