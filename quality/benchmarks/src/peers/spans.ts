/** Spans of the SDK alone: the floor under every instrumentation. */
import { ProxyTracerProvider, SpanKind } from '@opentelemetry/api';
import type { Attributes, Span, Tracer } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  BatchSpanProcessor,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-base';
import type {
  ReadableSpan,
  Sampler,
  SpanExporter,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** Takes everything, keeps nothing. */
export class NullExporter implements SpanExporter {
  export(_spans: ReadableSpan[], done: (result: { code: 0 | 1 }) => void): void {
    done({ code: 0 });
  }

  shutdown(): Promise<void> {
    return Promise.resolve();
  }
}

/** Records every span and samples none, as for an application that keeps 1 % of its traces. */
export class RecordOnlySampler implements Sampler {
  shouldSample(): { decision: SamplingDecision } {
    return { decision: SamplingDecision.RECORD };
  }

  toString(): string {
    return 'RecordOnlySampler';
  }
}

/** A batch processor as most applications run it. */
export function batching(): BatchSpanProcessor {
  return new BatchSpanProcessor(new NullExporter());
}

export function providerOf(
  processors: SpanProcessor[],
  sampler: Sampler = new AlwaysOnSampler(),
): BasicTracerProvider {
  return new BasicTracerProvider({ spanProcessors: processors, sampler });
}

/** What instrumentations get while no SDK is registered. */
export function noSdkProvider(): ProxyTracerProvider {
  return new ProxyTracerProvider();
}

/** The eight attributes a bare span is created with, an object of its own as a caller makes it. */
function spanAttributes(): Attributes {
  return {
    'db.system.name': 'databricks',
    'db.namespace': 'main|sales',
    'db.query.summary': 'SELECT orders',
    'db.query.text': 'SELECT * FROM orders WHERE id = ?',
    'server.address': 'workspace.cloud.databricks.com',
    'databricks.operation': 'execute_statement',
    'databricks.connection.id': '7f3c8a52-6f2f-4d53-9f0e-5d0b6cf0a111',
    'databricks.session.id': '01ef9a3b-1c2d-1e3f-8a9b-0c1d2e3f4a5b',
  };
}

export function startBareSpan(tracer: Tracer): Span {
  return tracer.startSpan('SELECT orders', {
    kind: SpanKind.CLIENT,
    attributes: spanAttributes(),
  });
}

/** Starts and ends one bare span with eight attributes. */
export function bareSpan(tracer: Tracer): void {
  startBareSpan(tracer).end();
}
