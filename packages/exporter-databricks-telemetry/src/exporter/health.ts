import {
  metrics,
  type Attributes,
  type Histogram,
  type MeterProvider,
  type ObservableResult,
} from '@opentelemetry/api';
import { ATTR_SERVER_ADDRESS } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { DroppedCounts } from '../accounting';
import type { CircuitBreakerState } from '../delivery/circuit-breaker';
import { guarded } from '../diagnostics';
import { componentAttributes } from '../processor/health';

const METER_NAME = '@dbsql-otel/exporter-databricks-telemetry';
const ATTR_ERROR_TYPE = 'error.type';

/** Values of `databricks.telemetry.circuit_breaker.state`. */
const BREAKER_STATES: Readonly<Record<CircuitBreakerState, number>> = {
  CLOSED: 0,
  HALF_OPEN: 1,
  OPEN: 2,
};

/** What the exporter's metrics show, in records. */
export interface ExporterReading {
  readonly pending: number;
  readonly delivered: number;
  readonly dropped: DroppedCounts;
  /** By host, with its port when that is not 443. */
  readonly hosts: Readonly<Record<string, { readonly breaker: CircuitBreakerState }>>;
}

/**
 * The `otel.sdk.exporter.*` metrics of one exporter (semantic conventions 1.45, "SDK metrics"), and the state of the
 * circuit breaker of each host.
 */
export class ExporterHealth {
  readonly #component: Attributes;
  readonly #read: () => ExporterReading;
  #provider: MeterProvider | undefined;
  #duration: Histogram | undefined;

  constructor(componentType: string, read: () => ExporterReading) {
    this.#component = componentAttributes(componentType);
    this.#read = read;
  }

  /** One `export` is answered. `errorType` when not everything was delivered. */
  exported(durationMs: number, errorType: string | undefined): void {
    guarded('health metrics', () => {
      this.#attach();
      const failure = errorType === undefined ? {} : { [ATTR_ERROR_TYPE]: errorType };
      this.#duration?.record(durationMs / 1_000, { ...this.#component, ...failure });
    });
  }

  /** The global meter provider may be registered at any time, and the API has no proxy for meters. */
  #attach(): void {
    const provider = metrics.getMeterProvider();
    if (provider === this.#provider) return;
    this.#provider = provider;
    const meter = provider.getMeter(METER_NAME);
    const unit = '{span}';
    this.#duration = meter.createHistogram('otel.sdk.exporter.operation.duration', {
      unit: 's',
      description: 'The duration of exporting a batch of telemetry records.',
    });
    const inFlight = meter.createObservableUpDownCounter('otel.sdk.exporter.span.inflight', {
      unit,
      description:
        'The number of spans which were passed to the exporter, but have not been exported yet.',
    });
    const exported = meter.createObservableCounter('otel.sdk.exporter.span.exported', {
      unit,
      description: 'The number of spans for which the export has finished, successfully or not.',
    });
    const breaker = meter.createObservableGauge('databricks.telemetry.circuit_breaker.state', {
      description: 'The circuit breaker of a workspace: 0 closed, 1 half-open, 2 open.',
    });
    const observing =
      (observe: (result: ObservableResult, reading: ExporterReading) => void) =>
      (result: ObservableResult): void => {
        // A provider that was replaced must not count a second time.
        if (this.#provider === provider) {
          guarded('health metrics', () => observe(result, this.#read()));
        }
      };
    inFlight.addCallback(
      observing((result, { pending }) => result.observe(pending, this.#component)),
    );
    exported.addCallback(
      observing((result, { delivered, dropped }) => {
        result.observe(delivered, this.#component);
        for (const [reason, count] of Object.entries(dropped)) {
          result.observe(count, { ...this.#component, [ATTR_ERROR_TYPE]: reason });
        }
      }),
    );
    breaker.addCallback(
      observing((result, { hosts }) => {
        for (const [host, { breaker: state }] of Object.entries(hosts)) {
          result.observe(BREAKER_STATES[state], {
            ...this.#component,
            [ATTR_SERVER_ADDRESS]: host,
          });
        }
      }),
    );
  }
}
