import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { createRequire } from 'node:module';
import * as path from 'node:path';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetryExporter } from '../exporter/exporter';
import { DatabricksTelemetrySpanProcessor } from '../processor/processor';
import { meaningOf, shownWord } from './meaning';
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

/** The parts of the driver that the check uses. */
interface Driver {
  readonly DBSQLClient: new (options: { logger: { log(): void } }) => {
    connect(options: object): Promise<unknown>;
    openSession(): Promise<{ close(): Promise<unknown> }>;
    close(): Promise<void>;
  };
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

/** Node.js publishes the end of each answer here. */
const RESPONSES = 'http.client.response.finish';

/** The statuses with which requests for telemetry were answered, in order. */
class TelemetryStatuses {
  readonly statuses: number[] = [];
  readonly #listener = (message: unknown): void => {
    const { request, response } = message as {
      readonly request?: { readonly path?: unknown };
      readonly response?: { readonly statusCode?: unknown };
    };
    const { path: requestPath } = request ?? {};
    const { statusCode } = response ?? {};
    if (typeof requestPath !== 'string' || !requestPath.startsWith('/telemetry')) return;
    if (typeof statusCode === 'number') this.statuses.push(statusCode);
  };

  start(): void {
    subscribe(RESPONSES, this.#listener);
  }

  stop(): void {
    unsubscribe(RESPONSES, this.#listener);
  }
}

/** Why records were dropped, where no status says it. */
const REASONS: Readonly<Record<string, string>> = {
  flag_off: 'the workspace has telemetry disabled, only Databricks can enable it',
  host_refused: 'the host is not public, see --allow-private-hosts',
  no_credentials: 'the login failed',
};

function undelivered(dropped: object, word: string | undefined): Finding {
  const reasons = Object.keys(dropped).join(', ') || 'unknown';
  const reason = REASONS[reasons];
  if (word === undefined || reason !== undefined) {
    return problem(
      `its telemetry was not delivered: ${reasons}`,
      reason ?? 'docs/troubleshooting.md lists the reasons',
    );
  }
  const { meaning, advice } = meaningOf(word);
  return problem(
    `its telemetry was not delivered: ${reasons}, ${shownWord(word)} (${meaning})`,
    advice,
  );
}

/**
 * Opens a session with the project's own driver and composes the telemetry of it; posts it when that was asked for. The
 * records say what happened: a session was opened and closed.
 */
export async function checkSession(target: SessionTarget, folder: string): Promise<Finding[]> {
  const load = createRequire(path.join(folder, 'package.json'));
  const instrumentation = new DatabricksSqlInstrumentation();
  let composed = 0;
  const exporter = new DatabricksTelemetryExporter({
    allowPrivateHosts: target.allowPrivateHosts,
    ...(target.send ? {} : { dryRun: () => (composed += 1) }),
  });
  const processor = new DatabricksTelemetrySpanProcessor(exporter);
  const answers = new TelemetryStatuses();
  const findings: Finding[] = [];
  answers.start();
  try {
    const driver = load('@databricks/sql') as Driver;
    await withDeadline(openSession(driver, target));
    findings.push(ok('a session was opened and closed'));
  } catch (error) {
    findings.push(failureFinding(error));
  }
  await processor.shutdown();
  answers.stop();
  instrumentation.disable();
  const { offered, delivered, dropped } = processor.stats();
  const status = answers.statuses.at(-1);
  if (!target.send) {
    if (composed > 0) {
      findings.push(ok(`its telemetry was composed, ${offered} records; --send posts it`));
    }
  } else if (offered > 0 && delivered === offered) {
    const answer = status === undefined ? '' : ` (HTTP ${status})`;
    findings.push(ok(`its telemetry was delivered, ${delivered} records${answer}`));
  } else if (offered > 0) {
    const [host] = Object.values(exporter.stats().hosts);
    const word = status === undefined || status < 300 ? host?.lastError : String(status);
    findings.push(undelivered(dropped, word));
  }
  return findings;
}
