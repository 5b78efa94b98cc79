/**
 * Runs in a process of its own, started with the setup file as the application is, and sends its findings to the doctor.
 * Exports nothing: the span that it starts never ends.
 */
import { diag, DiagLogLevel, isValidTraceId, trace } from '@opentelemetry/api';
import type { Attributes, DiagLogFunction, Span } from '@opentelemetry/api';
import {
  CHANNEL_DATABRICKS_TELEMETRY,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { channel } from 'node:diagnostics_channel';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';
import { patchedFiles } from './patched-files';

const ENTRY_FILE = 'DBSQLClient.js';
const OURS = /^@dbsql-otel\//;

function ignore(): void {}

/** Resource attributes that the records of a gateway are made of. */
const GATEWAY_RESOURCE = ['process.runtime.version', 'os.type', 'os.version', 'host.arch'];
/** As many spans show whether the sampler keeps them all. */
const SAMPLED_SPANS = 64;
/** In the start line of the instrumentation, which lists the options that differ from their defaults. */
const GATEWAY_OPTION = 'driverTelemetry "gateway"';

function startSpan(): Span & { readonly resource?: { readonly attributes?: Attributes } } {
  return trace.getTracer(SCOPE_NAME).startSpan('doctor', { root: true });
}

/** A gateway reports what the spans say, so it needs all of them. */
function checkGateway(): Finding[] {
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
  if (channel(CHANNEL_DATABRICKS_TELEMETRY).hasSubscribers) {
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

function checkProvider(): Finding {
  const span = startSpan();
  return isValidTraceId(span.spanContext().traceId)
    ? ok('a tracer provider is registered')
    : note(
        'the setup registers no tracer provider',
        'without one, nothing is traced; telemetry needs none',
      );
}

/** A processor subscribes to the telemetry channel as soon as it is created. */
function checkProcessor(): Finding {
  return channel(CHANNEL_DATABRICKS_TELEMETRY).hasSubscribers
    ? ok('a telemetry processor claims the connections')
    : note(
        'no DatabricksTelemetrySpanProcessor was created',
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
    const patches = checkPatches(folder);
    const isForGateway = patches.some(({ text }) => text.includes(GATEWAY_OPTION));
    const reporter = isForGateway ? checkGateway() : [checkProcessor()];
    return [checkProvider(), ...reporter, ...patches];
  } catch (error) {
    const type = error instanceof Error ? error.constructor.name : 'error';
    return [problem(`the driver could not be loaded (${type})`, 'does the application start?')];
  }
}

// Exit at once: the setup may hold the process, and its shutdown hooks would export.
process.send?.(probe(process.cwd()), () => process.exit());
