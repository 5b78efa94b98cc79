import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CONNECT,
  OPERATION_EXECUTE_STATEMENT,
  OPERATION_GET_INFO,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReceivedSpan } from '../src/runner/otlp-receiver';

const PAGE = path.resolve(__dirname, '../../../docs/spans.md');
const ROW = /^\| `([a-z0-9_.]+)` +\| (string|int|double|boolean) +\| ([^|]+?) +\|/gm;
/** Attributes whose name goes on after what is documented. */
const PREFIXES = ['db.query.parameter', 'databricks.query.tag'];
/** What the run of the example cannot show: it has no retries, no failure of the service, port 443, no kernel and no gateway, and events are not read back. */
const NOT_SHOWN = new Set([
  'server.port',
  'exception.type',
  'exception.message',
  'exception.stacktrace',
  'databricks.connection.opted_out',
  'databricks.http.retry_count',
  // Of log events.
  'databricks.statement.duration',
  'databricks.connection.opted_out',
  'db.system',
  'db.name',
  'db.statement',
  'db.operation',
  'databricks.connection.socket_timeout',
  'databricks.connection.lz4_enabled',
  'databricks.connection.arrow_enabled',
  'databricks.connection.direct_results_enabled',
  'databricks.connection.metric_view_metadata',
  'databricks.statement.modified_row_count',
  'databricks.error.reason',
  'databricks.leak.type',
  'databricks.error.retryable',
  'databricks.result.batch_count',
  'databricks.result.batch_size',
  'databricks.result.batch_duration',
]);

function operationOf(span: ReceivedSpan): string {
  return String(span.attributes[ATTR_DATABRICKS_OPERATION]);
}

function isMetadata(operation: string): boolean {
  return operation.startsWith('get_');
}

/** Whether a span may have an attribute, by the words of the page. */
function isOn(place: string, span: ReceivedSpan): boolean {
  const operation = operationOf(span);
  switch (place) {
    case 'all':
    case 'all once known':
      return true;
    case 'database calls':
      return (
        span.kind === SpanKind.CLIENT ||
        operation === OPERATION_CONNECT ||
        operation.endsWith('_statement')
      );
    case 'statements':
      return (
        operation === OPERATION_EXECUTE_STATEMENT ||
        (isMetadata(operation) && operation !== OPERATION_GET_INFO)
      );
    case 'metadata':
      return isMetadata(operation);
    case 'failures':
      return span.status.code === SpanStatusCode.ERROR;
    case 'retried calls':
      return true;
    default:
      return place.includes(`\`${operation}\``);
  }
}

function typeOf(value: unknown): string {
  return typeof value === 'number' ? 'number' : typeof value;
}

/** Every attribute of every span of ours is on the page, where and as the page says; all of the page is seen. */
export function assertDocumented(spans: readonly ReceivedSpan[]): void {
  const documented = new Map(
    [...readFileSync(PAGE, 'utf8').matchAll(ROW)].map(([, name = '', type = '', place = '']) => [
      name,
      { type: type === 'int' || type === 'double' ? 'number' : type, place },
    ]),
  );
  const seen = new Set<string>();
  for (const span of spans.filter(({ scope }) => scope === SCOPE_NAME)) {
    for (const [attribute, value] of Object.entries(span.attributes)) {
      const name = PREFIXES.find((prefix) => attribute.startsWith(`${prefix}.`)) ?? attribute;
      const row = documented.get(name);
      assert.ok(row, `${name} is not on the page`);
      assert.strictEqual(typeOf(value), row.type, name);
      assert.ok(
        isOn(row.place, span),
        `${name} on ${operationOf(span)}, the page says: ${row.place}`,
      );
      seen.add(name);
    }
  }
  const unseen = [...documented.keys()].filter((name) => !seen.has(name) && !NOT_SHOWN.has(name));
  assert.deepStrictEqual(unseen, []);
}
