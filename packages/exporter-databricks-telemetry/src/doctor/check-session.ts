import { createRequire } from 'node:module';
import * as path from 'node:path';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetryExporter } from '../exporter/exporter';
import { DatabricksTelemetrySpanProcessor } from '../processor/processor';
import type { SpanProcessor } from '../otel';
import { ok, problem } from './finding';
import type { Finding } from './finding';

const SESSION_TIMEOUT_MS = 120_000;

/** The parameters of the session. */
export interface SessionTarget {
  readonly host: string;
  readonly port: number | undefined;
  readonly httpPath: string;
  readonly token: string;
  readonly allowPrivateHosts: boolean;
  readonly send: boolean;
}

type TracerProvider = Parameters<DatabricksSqlInstrumentation['setTracerProvider']>[0];
type TracerProviderClass = new (options: { spanProcessors: SpanProcessor[] }) => TracerProvider;

/** The class of the SDK that takes span processors: its package and name differ, the rest does not. */
const TRACER_PROVIDERS: readonly (readonly [packageName: string, className: string])[] = [
  ['@opentelemetry/sdk-trace', 'TracerProvider'],
  ['@opentelemetry/sdk-trace-base', 'BasicTracerProvider'],
];

/** The parts of the driver that the check uses. */
interface Driver {
  readonly DBSQLClient: new (options: { logger: { log(): void } }) => {
    connect(options: object): Promise<unknown>;
    openSession(): Promise<{ close(): Promise<unknown> }>;
    close(): Promise<void>;
  };
}

function loadTracerProvider(load: NodeJS.Require): TracerProviderClass | undefined {
  for (const [packageName, className] of TRACER_PROVIDERS) {
    try {
      const found = (load(packageName) as Record<string, unknown>)[className];
      if (typeof found === 'function') return found as TracerProviderClass;
    } catch {
      // The project has the other one.
    }
  }
  return undefined;
}

/** Opens and closes one session, as an application would. */
async function openSession({ DBSQLClient }: Driver, target: SessionTarget): Promise<void> {
  const { host, port, httpPath, token } = target;
  const client = new DBSQLClient({ logger: { log: () => undefined } });
  await client.connect({ host, path: httpPath, token, ...(port === undefined ? {} : { port }) });
  try {
    const session = await client.openSession();
    await session.close();
  } finally {
    await client.close();
  }
}

/** Describes the failure without quoting the server or the token. */
function failureFinding(error: unknown): Finding {
  const type =
    error === 'timeout'
      ? 'no answer in 2 min'
      : error instanceof Error
        ? error.constructor.name
        : 'error';
  return problem(
    `no session could be opened (${type})`,
    'check the http path and whether the token may use the warehouse',
  );
}

function withDeadline<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject('timeout'), SESSION_TIMEOUT_MS);
  });
  return Promise.race([work, deadline]).finally(() => clearTimeout(timer));
}

/**
 * Opens a session with the project's own driver, traced by a provider of its own, and composes the telemetry of it; posts
 * it when that was asked for. The records say what happened: a session was opened and closed.
 */
export async function checkSession(target: SessionTarget, folder: string): Promise<Finding[]> {
  const load = createRequire(path.join(folder, 'package.json'));
  const TracerProvider = loadTracerProvider(load);
  if (TracerProvider === undefined) return [];
  const instrumentation = new DatabricksSqlInstrumentation();
  let composed = 0;
  const exporter = new DatabricksTelemetryExporter({
    allowPrivateHosts: target.allowPrivateHosts,
    ...(target.send ? {} : { dryRun: () => (composed += 1) }),
  });
  const processor = new DatabricksTelemetrySpanProcessor(exporter);
  const findings: Finding[] = [];
  try {
    instrumentation.setTracerProvider(new TracerProvider({ spanProcessors: [processor] }));
    const driver = load('@databricks/sql') as Driver;
    await withDeadline(openSession(driver, target));
    findings.push(ok('a session was opened and closed'));
  } catch (error) {
    findings.push(failureFinding(error));
  }
  await processor.shutdown();
  instrumentation.disable();
  const { offered, delivered, dropped } = processor.stats();
  if (!target.send) {
    if (composed > 0) {
      findings.push(ok(`its telemetry was composed, ${offered} records; --send posts it`));
    }
  } else if (offered > 0 && delivered === offered) {
    findings.push(ok(`its telemetry was delivered, ${delivered} records`));
  } else if (offered > 0) {
    const reasons = Object.keys(dropped).join(', ') || 'unknown';
    findings.push(
      problem(
        `its telemetry was not delivered: ${reasons}`,
        'docs/troubleshooting.md lists the reasons',
      ),
    );
  }
  return findings;
}
