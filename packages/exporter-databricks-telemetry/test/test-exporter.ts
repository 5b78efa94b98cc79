import {
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_STATEMENT_ID,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ExportResult, ReadableSpan, SpanExporter } from '../src/otel';
import type { TelemetryRecord } from '../src/record';

type Answer = (result: ExportResult) => void;

/** An exporter that keeps what it was given and answers as told: success, unless `answer` says otherwise. */
export class RecordingExporter implements SpanExporter {
  readonly batches: TelemetryRecord[][] = [];
  readonly calls: string[] = [];
  readonly #held: Answer[] = [];
  /** Called for every batch with the answer to give. */
  respond: (batch: TelemetryRecord[], answer: Answer) => void = (_batch, answer) => {
    answer({ code: 0 });
  };

  get records(): TelemetryRecord[] {
    return this.batches.flat();
  }

  /** One line per record: what it is (`operation`, `failed`, `canceled` or `error`), its operation and its statement. */
  get lines(): string[] {
    return this.records.map(lineOf);
  }

  export(spans: ReadableSpan[], answer: Answer): void {
    const batch = spans as TelemetryRecord[];
    this.batches.push(batch);
    this.respond(batch, answer);
  }

  /** Answers no batch until it is released. */
  hold(): void {
    this.respond = (_batch, answer) => {
      this.#held.push(answer);
    };
  }

  /** Reports success for the oldest batch that is held. */
  release(): void {
    this.#held.shift()?.({ code: 0 });
  }

  async forceFlush(): Promise<void> {
    this.calls.push('forceFlush');
  }

  async shutdown(): Promise<void> {
    this.calls.push('shutdown');
  }
}

export function lineOf({ join, attributes }: TelemetryRecord): string {
  const parts = [
    join.failure !== undefined ? 'failed' : join.isCanceled === true ? 'canceled' : join.kind,
    attributes[ATTR_DATABRICKS_OPERATION],
    attributes[ATTR_DATABRICKS_STATEMENT_ID],
  ];
  return parts.filter((part) => part !== undefined).join(' ');
}
