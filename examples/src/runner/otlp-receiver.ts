import { once } from 'node:events';
import * as http from 'node:http';
import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { AttributeValue, Attributes, HrTime, SpanKind } from '@opentelemetry/api';
import type { FinishedSpan } from '@dbsql-otel/instrumentation-databricks-sql/console';
import { LOOPBACK_ADDRESS } from '@dbsql-otel/local-warehouse';

/** A span as it came over OTLP. */
export interface ReceivedSpan extends FinishedSpan {
  readonly kind: SpanKind;
  readonly scope: string;
}

interface OtlpValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly { readonly key: string; readonly value: OtlpValue }[];
  readonly status?: { readonly code?: number };
}

/** `POST /v1/traces` as JSON. */
interface TracesRequest {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly {
      readonly scope: { readonly name: string };
      readonly spans: readonly OtlpSpan[];
    }[];
  }[];
}

/** `POST /v1/metrics` as JSON. */
interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly { readonly name: string }[] }[];
  }[];
}

const NANOSECONDS_PER_SECOND = 1_000_000_000n;

function hrTime(nanoseconds: string): HrTime {
  const value = BigInt(nanoseconds);
  return [Number(value / NANOSECONDS_PER_SECOND), Number(value % NANOSECONDS_PER_SECOND)];
}

function attributeValue(value: OtlpValue): AttributeValue | undefined {
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(String);
  return value.stringValue ?? value.boolValue ?? value.doubleValue;
}

function received(span: OtlpSpan, scope: string): ReceivedSpan {
  const context = (spanId: string) => ({
    traceId: span.traceId,
    spanId,
    traceFlags: TraceFlags.SAMPLED,
  });
  const attributes: Attributes = {};
  for (const { key, value } of span.attributes ?? []) attributes[key] = attributeValue(value);
  return {
    name: span.name,
    scope,
    // OTLP counts the kinds from 1, the API from 0.
    kind: span.kind - 1,
    spanContext: () => context(span.spanId),
    parentSpanContext:
      span.parentSpanId === undefined || span.parentSpanId === ''
        ? undefined
        : context(span.parentSpanId),
    startTime: hrTime(span.startTimeUnixNano),
    endTime: hrTime(span.endTimeUnixNano),
    status: { code: span.status?.code ?? SpanStatusCode.UNSET },
    attributes,
  };
}

/** An OpenTelemetry backend in the process: takes OTLP over HTTP as JSON and keeps it. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  readonly metricNames = new Set<string>();
  readonly #server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      // What NodeSDK sends unasked, such as its default metrics, is protobuf: acknowledged, not read.
      if (request.headers['content-type'] === 'application/json') {
        this.#take(request.url ?? '', Buffer.concat(chunks).toString('utf8'));
        response.setHeader('content-type', 'application/json').write('{}');
      }
      response.end();
    });
  });

  /** Starts listening; resolves to the value for `OTEL_EXPORTER_OTLP_ENDPOINT`. */
  async start(): Promise<string> {
    this.#server.listen(0, LOOPBACK_ADDRESS);
    await once(this.#server, 'listening');
    const address = this.#server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    return `http://${LOOPBACK_ADDRESS}:${port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** The spans by trace, in the order the traces were first heard of. */
  traces(): ReceivedSpan[][] {
    const traces = new Map<string, ReceivedSpan[]>();
    for (const span of this.spans) {
      const { traceId } = span.spanContext();
      const trace = traces.get(traceId);
      if (trace === undefined) traces.set(traceId, [span]);
      else trace.push(span);
    }
    return [...traces.values()];
  }

  #take(path: string, body: string): void {
    if (path === '/v1/traces') {
      const { resourceSpans } = JSON.parse(body) as TracesRequest;
      for (const { scopeSpans } of resourceSpans) {
        for (const { scope, spans } of scopeSpans) {
          this.spans.push(...spans.map((span) => received(span, scope.name)));
        }
      }
    } else if (path === '/v1/metrics') {
      const { resourceMetrics } = JSON.parse(body) as MetricsRequest;
      for (const { scopeMetrics } of resourceMetrics) {
        for (const { metrics } of scopeMetrics) {
          for (const { name } of metrics) this.metricNames.add(name);
        }
      }
    }
  }
}
