import { randomBytes } from 'node:crypto';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';

/** An OTLP attribute value, as JSON has it. */
type AnyValue = Readonly<Record<string, unknown>>;

export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: AnyValue }[];
  readonly status: { readonly code?: number };
  readonly events?: readonly object[];
}

/** One connection of an imagined process, whose spans are written by hand. */
export interface Producer {
  readonly connectionId: string;
  readonly host: string;
  readonly port: number;
}

function valueOf(value: unknown): AnyValue {
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number') {
    return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value };
  }
  return { stringValue: value };
}

let clockNanos = 1_700_000_000_000_000_000n;

/** @param attributes those with the value `undefined` are left out */
export function otlpSpan(
  { connectionId, host, port }: Producer,
  operation: Operation,
  attributes: Readonly<Record<string, unknown>> = {},
  { hasFailed = false } = {},
): OtlpSpan {
  clockNanos += 1_000_000n;
  const all = {
    'databricks.operation': operation,
    'databricks.connection.id': connectionId,
    'server.address': host,
    'server.port': port,
    ...attributes,
  };
  return {
    traceId: randomBytes(16).toString('hex'),
    spanId: randomBytes(8).toString('hex'),
    name: operation,
    kind: 3,
    startTimeUnixNano: String(clockNanos),
    endTimeUnixNano: String(clockNanos + 500_000n),
    attributes: Object.entries(all)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ({ key, value: valueOf(value) })),
    status: hasFailed ? { code: 2 } : {},
  };
}

export const FACTS = {
  'databricks.driver.version': '2.1.0',
  'databricks.connection.auth_type': 'access-token',
  'databricks.connection.use_proxy': false,
};

/** The spans of one statement, from its end to its close. */
export function statementSpans(producer: Producer, statementId: string): [OtlpSpan, OtlpSpan] {
  const ids = { 'databricks.statement.id': statementId, 'databricks.session.id': 'session' };
  return [
    otlpSpan(producer, 'execute_statement', { ...ids, 'db.query.summary': 'SELECT orders' }),
    otlpSpan(producer, 'close_statement', {
      ...ids,
      'databricks.result.row_count': 3,
      'databricks.result.chunk_count': 1,
    }),
  ];
}

/** An export request of spans, with the resource of one process. */
export function requestOf(
  spans: readonly unknown[],
  resource: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: {
          attributes: Object.entries(resource).map(([key, value]) => ({
            key,
            value: valueOf(value),
          })),
        },
        scopeSpans: [{ scope: { name: SCOPE_NAME, version: '0.1.0' }, spans }],
      },
    ],
  });
}
