import { createNoopMeter, ValueType } from '@opentelemetry/api';
import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';
import { metricAttributes } from './failure';
import type { Failure } from './failure';
import {
  METRIC_DATABRICKS_CLIENT_CLOUDFETCH_DOWNLOAD_DURATION,
  METRIC_DATABRICKS_CLIENT_CLOUDFETCH_SIZE,
  METRIC_DATABRICKS_CLIENT_CLOUDFETCH_THROUGHPUT,
  METRIC_DATABRICKS_CLIENT_LEAK,
  METRIC_DATABRICKS_CLIENT_SESSION_ACTIVE,
  METRIC_DATABRICKS_CLIENT_HTTP_RETRY_COUNT,
  METRIC_DATABRICKS_CLIENT_STATEMENT_ACTIVE,
  METRIC_DATABRICKS_CLIENT_STATEMENT_PENDING_DURATION,
  METRIC_DB_CLIENT_OPERATION_DURATION,
  METRIC_DB_CLIENT_RESPONSE_RETURNED_ROWS,
} from '../semconv';

/** Bucket boundaries that the semantic conventions recommend. */
const DURATION_BOUNDARIES_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
/** A warehouse that has to start takes minutes. */
const PENDING_BOUNDARIES_S = [0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600];
const THROUGHPUT_BOUNDARIES = [1e5, 1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9];
const ROW_BOUNDARIES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** The instruments, independent of sampling. Their attributes never hold the id of a connection, session or statement. */
export class Metrics {
  /** False while no meter provider is registered: measuring would be wasted work. */
  readonly live: boolean;
  readonly #operationDuration: Histogram;
  readonly #returnedRows: Histogram;
  readonly #activeSessions: UpDownCounter;
  readonly #activeStatements: UpDownCounter;
  readonly #leaks: Counter;
  readonly #pendingDuration: Histogram;
  readonly #downloadDuration: Histogram;
  readonly #downloadSize: Counter;
  readonly #retries: Counter;
  readonly #throughput: Histogram;

  constructor(meter: Meter) {
    this.live = meter !== createNoopMeter();
    this.#operationDuration = meter.createHistogram(METRIC_DB_CLIENT_OPERATION_DURATION, {
      description: 'Duration of database client operations.',
      unit: 's',
      valueType: ValueType.DOUBLE,
      advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
    });
    this.#returnedRows = meter.createHistogram(METRIC_DB_CLIENT_RESPONSE_RETURNED_ROWS, {
      description: 'Rows that the application fetched from a statement.',
      unit: '{row}',
      valueType: ValueType.INT,
      advice: { explicitBucketBoundaries: ROW_BOUNDARIES },
    });
    this.#activeStatements = meter.createUpDownCounter(METRIC_DATABRICKS_CLIENT_STATEMENT_ACTIVE, {
      description: 'Statements that were submitted and neither closed nor canceled.',
      unit: '{statement}',
      valueType: ValueType.INT,
    });
    this.#activeSessions = meter.createUpDownCounter(METRIC_DATABRICKS_CLIENT_SESSION_ACTIVE, {
      description: 'Sessions that were opened and not closed.',
      unit: '{session}',
      valueType: ValueType.INT,
    });
    this.#leaks = meter.createCounter(METRIC_DATABRICKS_CLIENT_LEAK, {
      description: 'Sessions and statements that were not closed before their client.',
      unit: '{leak}',
      valueType: ValueType.INT,
    });
    this.#pendingDuration = meter.createHistogram(
      METRIC_DATABRICKS_CLIENT_STATEMENT_PENDING_DURATION,
      {
        description: 'How long statements waited for the warehouse.',
        unit: 's',
        valueType: ValueType.DOUBLE,
        advice: { explicitBucketBoundaries: PENDING_BOUNDARIES_S },
      },
    );
    this.#downloadDuration = meter.createHistogram(
      METRIC_DATABRICKS_CLIENT_CLOUDFETCH_DOWNLOAD_DURATION,
      {
        description: 'Duration of CloudFetch downloads, including retries and the body.',
        unit: 's',
        valueType: ValueType.DOUBLE,
        advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
      },
    );
    this.#throughput = meter.createHistogram(METRIC_DATABRICKS_CLIENT_CLOUDFETCH_THROUGHPUT, {
      description: 'Throughput of CloudFetch downloads, including retries.',
      unit: 'By/s',
      valueType: ValueType.DOUBLE,
      advice: { explicitBucketBoundaries: THROUGHPUT_BOUNDARIES },
    });
    this.#downloadSize = meter.createCounter(METRIC_DATABRICKS_CLIENT_CLOUDFETCH_SIZE, {
      description: 'Bytes of the CloudFetch files that were downloaded.',
      unit: 'By',
      valueType: ValueType.INT,
    });
    this.#retries = meter.createCounter(METRIC_DATABRICKS_CLIENT_HTTP_RETRY_COUNT, {
      description: 'HTTP requests that the driver sent again.',
      unit: '{retry}',
      valueType: ValueType.INT,
    });
  }

  recordOperation(durationMs: number, attributes: Attributes, failure: Failure | undefined): void {
    this.#operationDuration.record(durationMs / 1000, metricAttributes(attributes, failure));
  }

  recordReturnedRows(rows: number, attributes: Attributes): void {
    this.#returnedRows.record(rows, attributes);
  }

  addActiveSessions(count: number, attributes: Attributes): void {
    this.#activeSessions.add(count, attributes);
  }

  recordLeak(attributes: Attributes): void {
    this.#leaks.add(1, attributes);
  }

  addActiveStatements(count: number, attributes: Attributes): void {
    this.#activeStatements.add(count, attributes);
  }

  recordPending(seconds: number, attributes: Attributes): void {
    this.#pendingDuration.record(seconds, attributes);
  }

  addRetry(attributes: Attributes): void {
    this.#retries.add(1, attributes);
  }

  recordDownload(durationMs: number, bytes: number, attributes: Attributes): void {
    this.#downloadDuration.record(durationMs / 1000, attributes);
    this.#downloadSize.add(bytes, attributes);
    if (durationMs > 0) this.#throughput.record((bytes * 1000) / durationMs, attributes);
  }

  recordFailedDownload(durationMs: number, attributes: Attributes, failure: Failure): void {
    this.#downloadDuration.record(durationMs / 1000, metricAttributes(attributes, failure));
  }
}
