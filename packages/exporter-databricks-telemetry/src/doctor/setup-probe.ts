/**
 * Runs in a process of its own, started with the setup file as the application is, and sends its findings to the doctor.
 * Exports nothing: the spans that it starts never end.
 */
import { diag, DiagLogLevel, isValidTraceId, trace } from '@opentelemetry/api';
import type { DiagLogFunction } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_OPERATION,
  OPERATION_EXECUTE_STATEMENT,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';
import { reachesInstanceOf } from './object-graph';
import { patchedFiles } from './patched-files';

const PROBED_SPANS = 64;
const ENTRY_FILE = 'DBSQLClient.js';
const OURS = /^@dbsql-otel\//;

function ignore(): void {}

function checkSampler(): Finding[] {
  const tracer = trace.getTracer(SCOPE_NAME);
  const spans = Array.from({ length: PROBED_SPANS }, () =>
    tracer.startSpan('doctor', {
      root: true,
      attributes: { [ATTR_DATABRICKS_OPERATION]: OPERATION_EXECUTE_STATEMENT },
    }),
  );
  if (!spans.some((span) => isValidTraceId(span.spanContext().traceId))) {
    return [
      problem(
        'the setup registers no tracer provider',
        'call sdk.start() in it; is the SDK disabled?',
      ),
    ];
  }
  const recorded = spans.filter((span) => span.isRecording()).length;
  const findings = [ok('a tracer provider is registered')];
  if (recorded === PROBED_SPANS) {
    findings.push(ok('sampler: every statement is recorded'));
  } else {
    const text = `sampler: ${recorded} of ${PROBED_SPANS} statements were recorded`;
    findings.push(
      hasProcessor()
        ? problem(text, 'wrap the sampler in databricksSampler(…), or telemetry misses the rest')
        : note(text),
    );
  }
  return findings;
}

function hasProcessor(): boolean {
  const provider: unknown = trace.getTracerProvider();
  return reachesInstanceOf('DatabricksTelemetrySpanProcessor', provider);
}

function checkProcessor(): Finding {
  return hasProcessor()
    ? ok('DatabricksTelemetrySpanProcessor is among the span processors')
    : note(
        'no DatabricksTelemetrySpanProcessor was found',
        'without it, there are traces and the driver’s own telemetry; add it to spanProcessors to replace that telemetry',
      );
}

/** Loads the driver as the application does, after the setup, and collects what the packages log meanwhile. */
function checkPatches(folder: string): Finding[] {
  const logged: Finding[] = [];
  const collect =
    (level: 'note' | 'problem'): DiagLogFunction =>
    (scope, ...words) => {
      if (!OURS.test(scope)) return;
      const text = words.filter((word) => typeof word === 'string').join(' ');
      logged.push({ level, text });
    };
  diag.setLogger(
    {
      error: collect('problem'),
      warn: collect('problem'),
      info: collect('note'),
      debug: ignore,
      verbose: ignore,
    },
    { logLevel: DiagLogLevel.INFO, suppressOverrideMessage: true },
  );
  const { patched, original } = patchedFiles(folder);
  diag.disable();
  if (!patched.includes(ENTRY_FILE)) {
    return [
      problem(
        'the driver is not patched',
        'add DatabricksSqlInstrumentation to instrumentations, and load the setup before the driver',
      ),
      ...logged,
    ];
  }
  const findings =
    original.length === 0
      ? [ok(`the driver is patched, ${patched.length} of ${patched.length} files`)]
      : [
          note(
            `the driver was loaded before the setup, ${original.join(', ')} will be patched with the first connection`,
            'load the setup first',
          ),
        ];
  return [...findings, ...logged];
}

function probe(folder: string): Finding[] {
  try {
    return [...checkSampler(), checkProcessor(), ...checkPatches(folder)];
  } catch (error) {
    const type = error instanceof Error ? error.constructor.name : 'error';
    return [problem(`the driver could not be loaded (${type})`, 'does the application start?')];
  }
}

// Exit at once: the setup may hold the process, and its shutdown hooks would export.
process.send?.(probe(process.cwd()), () => process.exit());
