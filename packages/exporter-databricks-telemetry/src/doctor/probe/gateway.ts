import { isValidTraceId, trace } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';
import { SCOPE_NAME } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { note, ok, problem } from '../finding';
import type { Finding } from '../finding';

/** Resource attributes that the records of a gateway are made of. */
const GATEWAY_RESOURCE = ['process.runtime.version', 'os.type', 'os.version', 'host.arch'];
/** As many spans show whether the sampler keeps them all. They never end, so nothing exports them. */
const SAMPLED_SPANS = 64;

function startSpan(): Span & { readonly resource?: { readonly attributes?: Attributes } } {
  return trace.getTracer(SCOPE_NAME).startSpan('doctor', { root: true });
}

/**
 * A gateway reports what the spans say, so it needs all of them.
 *
 * @param hasProcessor whether a telemetry processor of this process claims connections
 */
export function checkGateway(hasProcessor: boolean): Finding[] {
  const findings: Finding[] = [];
  const span = startSpan();
  if (!isValidTraceId(span.spanContext().traceId)) {
    return [
      problem(
        "driverTelemetry is 'gateway' and no tracer provider is registered",
        'register one that exports to the OpenTelemetry Collector: without spans, nothing is reported',
      ),
    ];
  }
  if (hasProcessor) {
    findings.push(
      problem(
        "driverTelemetry is 'gateway', so a processor of this process reports nothing",
        'remove the DatabricksTelemetrySpanProcessor, or the option',
      ),
    );
  }
  if (Array.from({ length: SAMPLED_SPANS }, startSpan).some((each) => !each.isRecording())) {
    findings.push(
      problem(
        'the sampler drops spans, and a gateway does not see their statements',
        'sample all in the process, and use tail sampling in the Collector',
      ),
    );
  }
  const attributes = span.resource?.attributes ?? {};
  const missing = GATEWAY_RESOURCE.filter((name) => attributes[name] === undefined);
  if (missing.length > 0) {
    findings.push(
      note(
        `the resource lacks ${missing.join(', ')}`,
        'add processDetector, osDetector and hostDetector to resourceDetectors; records leave these fields out',
      ),
    );
  }
  return findings.length > 0 ? findings : [ok('a gateway reports the telemetry from the spans')];
}
