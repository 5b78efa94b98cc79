import type { DatabricksSqlInstrumentationConfig } from '@dbsql-otel/instrumentation-databricks-sql';
import type { DatabricksTelemetryExporterOptions, ProcessorOptions } from '../config';
import { logWarning } from '../diagnostics';

/** The options that a process is registered with. */
export interface RegisterOptions {
  readonly instrumentation: DatabricksSqlInstrumentationConfig;
  readonly exporter: DatabricksTelemetryExporterOptions;
  readonly processor: ProcessorOptions;
}

type Environment = Readonly<Record<string, string | undefined>>;
type Kind = 'boolean' | 'json' | 'number' | 'string';

const PREFIX = 'DATABRICKS_TELEMETRY_';
/** Read by the driver and by the processor themselves. */
const DISABLED = `${PREFIX}DISABLED`;

/** The options that a variable can hold, by the part that takes them. */
export const VARIABLES = {
  instrumentation: {
    driverTelemetry: 'string',
    queryText: 'string',
    traceContext: 'string',
    queryTags: 'json',
    statementMaxDurationMs: 'number',
  },
  exporter: {
    allowPrivateHosts: 'boolean',
    unauthenticatedFallback: 'boolean',
    dryRun: 'string',
    dryRunPath: 'string',
    requestTimeoutMs: 'number',
    credentialsTimeoutMs: 'number',
  },
  processor: {
    maxExportBatchSize: 'number',
    scheduledDelayMs: 'number',
    exportTimeoutMs: 'number',
    maxQueueSize: 'number',
    maxQueueBytes: 'number',
    maxStatements: 'number',
    statementIdleTimeoutMs: 'number',
    shutdownTimeoutMs: 'number',
  },
} as const satisfies {
  readonly [Part in keyof RegisterOptions]: {
    readonly [Name in keyof RegisterOptions[Part]]?: Kind;
  };
};

/** The variable of an option: `dryRunPath` is set by `DATABRICKS_TELEMETRY_DRY_RUN_PATH`. */
export function variableOf(option: string): string {
  return PREFIX + option.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/**
 * Reads the `DATABRICKS_TELEMETRY_*` variables. Empty ones count as unset. A value of the wrong kind is passed on as it
 * is: the part that takes it logs a warning and uses its default. Unknown variables log one warning.
 */
export function optionsFromEnvironment(
  environment: Environment = process.env,
  warn: (message: string) => void = logWarning,
): RegisterOptions {
  const known = new Set([DISABLED]);
  const read = (kinds: Readonly<Record<string, Kind>>): Record<string, unknown> => {
    const options: Record<string, unknown> = {};
    for (const [name, kind] of Object.entries(kinds)) {
      const variable = variableOf(name);
      known.add(variable);
      const text = environment[variable]?.trim() ?? '';
      if (text !== '') options[name] = valueOf(text, kind);
    }
    return options;
  };
  const options = {
    instrumentation: read(VARIABLES.instrumentation),
    exporter: read(VARIABLES.exporter),
    processor: read(VARIABLES.processor),
  };
  const unknown = Object.keys(environment).filter(
    (name) => name.startsWith(PREFIX) && !known.has(name),
  );
  if (unknown.length > 0) {
    warn(`unknown environment variables are ignored: ${unknown.join(', ')}`);
  }
  return options;
}

function valueOf(text: string, kind: Kind): unknown {
  if (kind === 'number') {
    const number = Number(text);
    return Number.isNaN(number) ? text : number;
  }
  if (kind === 'boolean') return { true: true, false: false }[text.toLowerCase()] ?? text;
  return kind === 'json' ? parsedJson(text) : text;
}

/** Text that is no JSON is passed on as it is. */
function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
