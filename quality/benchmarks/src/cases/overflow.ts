/** More records than the queue holds, while the export hangs. */
import { DatabricksTelemetrySpanProcessor } from '@dbsql-otel/exporter-databricks-telemetry';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_OPERATION,
  ATTR_ERROR_TYPE,
  OPERATION_GET_INFO,
  SCOPE_NAME,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { TelemetryEventType } from '@databricks/sql/dist/telemetry/types';
import { SpanStatusCode } from '@opentelemetry/api';
import { alternate } from '../harness/alternate';
import type { Arm } from '../harness/alternate';
import type { Benchmark, Figure } from '../harness/benchmark';
import { retainedBytes } from '../harness/memory';
import { sampled } from '../harness/sampled';
import { SESSION_ID } from '../harness/ids';
import { DriverTelemetry } from '../peers/driver-telemetry';
import { endedSpan } from '../subjects/ended-span';
import { CONNECTION_ID } from '../subjects/statement-spans';

const OURS = 'ours';
const PEER = 'built-in telemetry';

/** Never answers. */
const hangingExporter = {
  export: (): void => {},
  shutdown: (): Promise<void> => Promise.resolve(),
};

function never(): Promise<void> {
  return new Promise(() => {});
}

/** Takes `count` more records. */
type Flood = (count: number) => void;

/** Errors beyond the capacity, which the batch that hangs has taken. */
const BATCH_SIZE = 100;

/** Our processor, its queue full of errors, that is given one call after the other. */
function ours(capacity: number): Flood {
  const processor = new DatabricksTelemetrySpanProcessor(hangingExporter, {
    maxQueueSize: capacity,
    maxQueueBytes: 1024 * 1024 * 1024,
  });
  const attributes = {
    [ATTR_DATABRICKS_OPERATION]: OPERATION_GET_INFO,
    [ATTR_DATABRICKS_CONNECTION_ID]: CONNECTION_ID,
  };
  const failed = {
    attributes: { ...attributes, [ATTR_ERROR_TYPE]: '42000' },
    status: { code: SpanStatusCode.ERROR },
  };
  for (let error = 0; error < capacity + BATCH_SIZE; error++) {
    processor.onEnd(endedSpan(SCOPE_NAME, failed));
  }
  // Two, because the very span that was just seen is passed over.
  const odd = endedSpan(SCOPE_NAME, { attributes });
  const even = endedSpan(SCOPE_NAME, { attributes });
  return (count) => {
    for (let index = 0; index < count; index++) {
      processor.onEnd(index % 2 === 0 ? even : odd);
    }
  };
}

/** The peer in the same state, given session closes, each of which is a record of its own. */
function peer(capacity: number): Flood {
  const { aggregator } = new DriverTelemetry({ maxPending: capacity, export: never });
  for (let error = 0; error < capacity + BATCH_SIZE; error++) {
    aggregator.processEvent({
      eventType: TelemetryEventType.ERROR,
      timestamp: 0,
      sessionId: SESSION_ID,
      errorName: 'Error',
      errorMessage: 'failed',
      isTerminal: true,
    });
  }
  return (count) => {
    for (let index = 0; index < count; index++) {
      aggregator.processEvent({
        eventType: TelemetryEventType.CONNECTION_CLOSE,
        timestamp: 0,
        sessionId: SESSION_ID,
        latencyMs: 12,
      });
    }
  };
}

const RECORDS_PER_INSTANCE = 50_000;

/** Starts anew now and then: the peer keeps hundreds of bytes of every record it drops. */
function flooding(name: string, fill: () => Flood): Arm {
  let flood = fill();
  let records = 0;
  return {
    name,
    run(units) {
      flood(units);
      records += units;
    },
    settle() {
      if (records > RECORDS_PER_INSTANCE) {
        flood = fill();
        records = 0;
      }
    },
  };
}

const RETAINED_RECORDS = 100_000;

export const benchmark: Benchmark = {
  name: 'overflow',
  title: 'A full queue while the export hangs',
  async run(effort): Promise<Figure[]> {
    const figures: Figure[] = [];
    for (const [capacity, target, gate] of [
      [500, 0.2, 0.35],
      [10_000, 0.005, 0.02],
    ] as const) {
      const rounds = await alternate(
        [flooding(OURS, () => ours(capacity)), flooding(PEER, () => peer(capacity))],
        [[OURS, PEER]],
        effort,
      );
      figures.push(
        rounds.figure(OURS, PEER, {
          row: 9,
          label: `one record more, ${capacity} errors queued`,
          target,
          gate,
        }),
      );
    }
    for (const [name, fill, bounds] of [
      [OURS, ours, { target: 2, gate: 10 }],
      [PEER, peer, {}],
    ] as const) {
      const flood = fill(500);
      // Once before: what is only made on first use is not kept per record.
      flood(BATCH_SIZE);
      const bytes = await retainedBytes(() => {
        flood(RETAINED_RECORDS);
      });
      figures.push({
        ...sampled(`kept per record beyond the cap: ${name}`, 'bytes', [bytes / RETAINED_RECORDS]),
        row: 10,
        ...bounds,
      });
    }
    return figures;
  },
};
