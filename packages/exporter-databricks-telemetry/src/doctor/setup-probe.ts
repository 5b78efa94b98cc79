/**
 * Runs in a process of its own, started with the setup file as the application is, and sends its findings to the doctor.
 * Exports nothing: the span that it starts never ends.
 */
import { diag, DiagLogLevel, isValidTraceId, trace } from '@opentelemetry/api';
import type { DiagLogFunction } from '@opentelemetry/api';
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

function checkProvider(): Finding {
  const span = trace.getTracer(SCOPE_NAME).startSpan('doctor', { root: true });
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
    return [checkProvider(), checkProcessor(), ...checkPatches(folder)];
  } catch (error) {
    const type = error instanceof Error ? error.constructor.name : 'error';
    return [problem(`the driver could not be loaded (${type})`, 'does the application start?')];
  }
}

// Exit at once: the setup may hold the process, and its shutdown hooks would export.
process.send?.(probe(process.cwd()), () => process.exit());
