import { createNoopMeter, ValueType } from '@opentelemetry/api';
import type { Attributes, Counter, Histogram, Meter, UpDownCounter } from '@opentelemetry/api';
import {
  METRIC_DATABRICKS_CLIENT_CLOUDFETCH_DOWNLOAD_DURATION,
  METRIC_DATABRICKS_CLIENT_CLOUDFETCH_SIZE,
  METRIC_DATABRICKS_CLIENT_STATEMENT_ACTIVE,
  METRIC_DB_CLIENT_OPERATION_DURATION,
  METRIC_DB_CLIENT_RESPONSE_RETURNED_ROWS,
} from '../semconv';

/** Bucket boundaries the conventions ask for. */
const DURATION_BOUNDARIES_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
const ROW_BOUNDARIES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** Our instruments, independent of sampling. Never a session, statement or connection id among the attributes. */
export class Metrics {
  /** False while no meter provider is registered: nothing needs to be measured then. */
  readonly live: boolean;
  private readonly operationDuration: Histogram;
  private readonly returnedRows: Histogram;
  private readonly activeStatements: UpDownCounter;
  private readonly downloadDuration: Histogram;
  private readonly downloadSize: Counter;

  constructor(meter: Meter) {
    this.live = meter !== createNoopMeter();
    this.operationDuration = meter.createHistogram(METRIC_DB_CLIENT_OPERATION_DURATION, {
      description: 'Duration of database client operations.',
      unit: 's',
      valueType: ValueType.DOUBLE,
      advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
    });
    this.returnedRows = meter.createHistogram(METRIC_DB_CLIENT_RESPONSE_RETURNED_ROWS, {
      description: 'Rows the application took from a statement.',
      unit: '{row}',
      valueType: ValueType.INT,
      advice: { explicitBucketBoundaries: ROW_BOUNDARIES },
    });
    this.activeStatements = meter.createUpDownCounter(METRIC_DATABRICKS_CLIENT_STATEMENT_ACTIVE, {
      description: 'Statements that were submitted and neither closed nor cancelled.',
      unit: '{statement}',
      valueType: ValueType.INT,
    });
    this.downloadDuration = meter.createHistogram(
      METRIC_DATABRICKS_CLIENT_CLOUDFETCH_DOWNLOAD_DURATION,
      {
        description: 'Duration of CloudFetch downloads, retries and body included.',
        unit: 's',
        valueType: ValueType.DOUBLE,
        advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
      },
    );
    this.downloadSize = meter.createCounter(METRIC_DATABRICKS_CLIENT_CLOUDFETCH_SIZE, {
      description: 'Bytes of the CloudFetch files that were downloaded.',
      unit: 'By',
      valueType: ValueType.INT,
    });
  }

  recordOperation(durationMs: number, attributes: Attributes): void {
    this.operationDuration.record(durationMs / 1000, attributes);
  }

  recordReturnedRows(rows: number, attributes: Attributes): void {
    this.returnedRows.record(rows, attributes);
  }

  addActiveStatements(count: number, attributes: Attributes): void {
    this.activeStatements.add(count, attributes);
  }

  recordDownload(durationMs: number, bytes: number | undefined, attributes: Attributes): void {
    this.downloadDuration.record(durationMs / 1000, attributes);
    if (bytes !== undefined) this.downloadSize.add(bytes, attributes);
  }
}
