/**
 * The peer: the telemetry built into `@databricks/sql`, its own compiled classes wired as its client wires them.
 * Only the socket is replaced. The calls are those of DBSQLOperation and CloudFetchResultHandler, less the
 * `operation.id` getter they read each time (ids are ready-made here, in the peer's favour).
 */
import type IClientContext from '@databricks/sql/dist/contracts/IClientContext';
import type { ClientConfig } from '@databricks/sql/dist/contracts/IClientContext';
import { CircuitBreakerRegistry } from '@databricks/sql/dist/telemetry/CircuitBreaker';
import DatabricksTelemetryExporter from '@databricks/sql/dist/telemetry/DatabricksTelemetryExporter';
import MetricsAggregator from '@databricks/sql/dist/telemetry/MetricsAggregator';
import TelemetryEventEmitter from '@databricks/sql/dist/telemetry/TelemetryEventEmitter';
import { safeEmit } from '@databricks/sql/dist/telemetry/telemetryUtils';
import { TelemetryEventType } from '@databricks/sql/dist/telemetry/types';
import type { TelemetryMetric } from '@databricks/sql/dist/telemetry/types';

export interface DriverTelemetryOptions {
  readonly maxPending?: number;
  /** What stands for the export; by default it takes everything at once and does nothing. */
  readonly export?: (metrics: TelemetryMetric[]) => Promise<void>;
}

/** The parts of the context the telemetry classes read. */
function clientContext(
  config: Partial<ClientConfig>,
  parts: { emitter?: TelemetryEventEmitter; aggregator?: MetricsAggregator },
): IClientContext {
  const settings = { telemetryEnabled: true, ...config };
  const context = {
    getConfig: () => settings,
    getLogger: () => ({ log: () => {} }),
    getTelemetryEmitter: () => parts.emitter,
    getTelemetryAggregator: () => parts.aggregator,
  };
  return context as unknown as IClientContext;
}

export class DriverTelemetry {
  readonly context: IClientContext;
  readonly aggregator: MetricsAggregator;
  readonly #emitter: TelemetryEventEmitter;

  constructor(options: DriverTelemetryOptions = {}) {
    const parts: { emitter?: TelemetryEventEmitter; aggregator?: MetricsAggregator } = {};
    this.context = clientContext({ telemetryMaxPendingMetrics: options.maxPending ?? 500 }, parts);
    const sink = { export: options.export ?? (async (): Promise<void> => {}) };
    this.aggregator = new MetricsAggregator(
      this.context,
      sink as unknown as DatabricksTelemetryExporter,
    );
    this.#emitter = new TelemetryEventEmitter(this.context);
    for (const eventType of Object.values(TelemetryEventType)) {
      this.#emitter.on(eventType, (event) => {
        this.aggregator.processEvent(event);
      });
    }
    parts.emitter = this.#emitter;
    parts.aggregator = this.aggregator;
  }

  start(statementId: string, sessionId: string): void {
    safeEmit(this.context, (emitter) => {
      emitter.emitStatementStart({ statementId, sessionId, operationType: 'EXECUTE_STATEMENT' });
    });
  }

  chunk(statementId: string, chunkIndex: number): void {
    safeEmit(this.context, (emitter) => {
      emitter.emitCloudFetchChunk({
        statementId,
        chunkIndex,
        latencyMs: 12,
        bytes: 1_048_576,
        compressed: true,
      });
    });
  }

  fail(statementId: string, sessionId: string, error: Error): void {
    safeEmit(this.context, (emitter) => {
      emitter.emitError({
        statementId,
        sessionId,
        errorName: error.name,
        errorMessage: error.message,
        errorStack: error.stack,
        isTerminal: false,
      });
    });
  }

  complete(statementId: string, sessionId: string, startedMs: number): void {
    safeEmit(this.context, (emitter) => {
      emitter.emitStatementComplete({
        statementId,
        sessionId,
        latencyMs: Date.now() - startedMs,
        resultFormat: 'EXTERNAL_LINKS',
        pollCount: 2,
      });
      this.aggregator.completeStatement(statementId);
    });
  }

  /** Has the driver itself report a session here. */
  attachTo(session: object): void {
    const { context } = session as { readonly context: object };
    Object.assign(context, {
      getTelemetryEmitter: () => this.#emitter,
      getTelemetryAggregator: () => this.aggregator,
    });
  }

  /** A statement from its start to its record among those to be exported. */
  statement(statementId: string, sessionId: string, chunks: number): void {
    const startedMs = Date.now();
    this.start(statementId, sessionId);
    for (let index = 0; index < chunks; index++) {
      this.chunk(statementId, index);
    }
    this.complete(statementId, sessionId, startedMs);
  }

  async close(): Promise<void> {
    await this.aggregator.close();
  }
}

interface RequestSink {
  sendRequest(
    url: string,
    init: { body: string },
  ): Promise<{ ok: boolean; text(): Promise<string> }>;
  toTelemetryLog(metric: TelemetryMetric, authenticated: boolean, userAgent: string): object;
}

/** The built-in exporter with its socket replaced by `onBody`. */
export function driverExporter(onBody: (body: string) => void): {
  export(metrics: TelemetryMetric[]): Promise<void>;
  encode(metric: TelemetryMetric): string;
} {
  const context = clientContext({}, {});
  const exporter = new DatabricksTelemetryExporter(
    context,
    'workspace.cloud.databricks.com',
    new CircuitBreakerRegistry(context),
    { authenticate: () => Promise.resolve({ Authorization: 'Bearer token' }) },
  );
  const inner = exporter as unknown as RequestSink;
  inner.sendRequest = (_url, init) => {
    onBody(init.body);
    return Promise.resolve({ ok: true, text: () => Promise.resolve('') });
  };
  return {
    export: (metrics) => exporter.export(metrics),
    encode: (metric) => JSON.stringify(JSON.stringify(inner.toTelemetryLog(metric, true, 'agent'))),
  };
}
