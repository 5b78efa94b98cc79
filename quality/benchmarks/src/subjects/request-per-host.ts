/** The least that sends records to the host of each: grouped, written as JSON, one request with credentials per host. */
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_OPERATION,
  OPERATION_CLOSE_STATEMENT,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** Records per export, as in ours. */
const BATCH_SIZE = 100;

const ANSWER = JSON.stringify({ errors: [] });

async function credentials(): Promise<Readonly<Record<string, string>>> {
  return { Authorization: 'Bearer token' };
}

/** Replaces the socket. */
async function send(_headers: Readonly<Record<string, string>>, _body: Buffer): Promise<string> {
  return ANSWER;
}

async function post(spans: readonly ReadableSpan[]): Promise<boolean> {
  const headers = { ...(await credentials()), 'Content-Type': 'application/json' };
  const protoLogs = spans.map(({ attributes }) => JSON.stringify(attributes));
  const body = Buffer.from(JSON.stringify({ uploadTime: Date.now(), items: [], protoLogs }));
  const answer = await send({ ...headers, 'Content-Length': String(body.length) }, body);
  return (JSON.parse(answer) as { readonly errors: readonly string[] }).errors.length === 0;
}

function exportByHost(spans: readonly ReadableSpan[]): void {
  const groups = new Map<unknown, ReadableSpan[]>();
  for (const span of spans) {
    const id = span.attributes[ATTR_DATABRICKS_CONNECTION_ID];
    const group = groups.get(id);
    if (group === undefined) {
      groups.set(id, [span]);
    } else {
      group.push(span);
    }
  }
  void Promise.all([...groups.values()].map((group) => post(group)));
}

export function requestPerHost(): SpanProcessor {
  let closes: ReadableSpan[] = [];
  return {
    onStart: () => {},
    onEnd: (span) => {
      if (span.attributes[ATTR_DATABRICKS_OPERATION] !== OPERATION_CLOSE_STATEMENT) return;
      closes.push(span);
      if (closes.length === BATCH_SIZE) {
        exportByHost(closes);
        closes = [];
      }
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}
