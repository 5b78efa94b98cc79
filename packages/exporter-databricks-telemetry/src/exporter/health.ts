import { ValueType } from '@opentelemetry/api';
import type { Histogram, Meter } from '@opentelemetry/api';
import {
  ATTR_SERVER_ADDRESS,
  METRIC_DATABRICKS_TELEMETRY_CIRCUIT_BREAKER_STATE,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { DroppedCounts } from '../accounting';
import { ATTR_ERROR_TYPE, ComponentMetrics } from '../component';
import type { Observing } from '../component';
import type { CircuitBreakerState } from '../delivery/circuit-breaker';
import { guarded } from '../diagnostics';

/** From an answer of the local network to the end of the retries and of the 10 s that a request may take. */
const DURATION_BOUNDARIES_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

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

/** The `otel.sdk.exporter.*` metrics of one exporter, and the state of the circuit breaker of each host. */
export class ExporterHealth extends ComponentMetrics {
  readonly #read: () => ExporterReading;
  #duration: Histogram | undefined;

  constructor(read: () => ExporterReading) {
    super('DatabricksTelemetryExporter');
    this.#read = read;
  }

  /** Records one answered `export`; `errorType` when it did not deliver everything. */
  exported(durationMs: number, errorType: string | undefined): void {
    guarded('health metrics', () => {
      const failure = errorType === undefined ? {} : { [ATTR_ERROR_TYPE]: errorType };
      this.#duration?.record(durationMs / 1_000, { ...this.component, ...failure });
    });
  }

  protected override createInstruments(meter: Meter, observing: Observing): void {
    const unit = '{span}';
    this.#duration = meter.createHistogram('otel.sdk.exporter.operation.duration', {
      unit: 's',
      description: 'The duration of exporting a batch of telemetry records.',
      valueType: ValueType.DOUBLE,
      advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
    });
    meter
      .createObservableUpDownCounter('otel.sdk.exporter.span.inflight', {
        unit,
        valueType: ValueType.INT,
        description:
          'The number of spans which were passed to the exporter, but have not been exported yet.',
      })
      .addCallback(observing((result) => result.observe(this.#read().pending, this.component)));
    meter
      .createObservableCounter('otel.sdk.exporter.span.exported', {
        unit,
        valueType: ValueType.INT,
        description: 'The number of spans for which the export has finished, successfully or not.',
      })
      .addCallback(
        observing((result) => {
          const { delivered, dropped } = this.#read();
          result.observe(delivered, this.component);
          for (const [reason, count] of Object.entries(dropped)) {
            result.observe(count, { ...this.component, [ATTR_ERROR_TYPE]: reason });
          }
        }),
      );
    meter
      .createObservableGauge(METRIC_DATABRICKS_TELEMETRY_CIRCUIT_BREAKER_STATE, {
        unit: '{state}',
        valueType: ValueType.INT,
        description: 'The circuit breaker of a workspace: 0 closed, 1 half-open, 2 open.',
      })
      .addCallback(
        observing((result) => {
          for (const [host, { breaker }] of Object.entries(this.#read().hosts)) {
            const attributes = { ...this.component, [ATTR_SERVER_ADDRESS]: host };
            result.observe(BREAKER_STATES[breaker], attributes);
          }
        }),
      );
  }
}
