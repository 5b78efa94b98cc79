import type { ConnectionAwareExporter } from '@dbsql-otel/exporter-databricks-telemetry';
import { UndeliveredError } from '@dbsql-otel/exporter-databricks-telemetry';
import type {
  DatabricksTelemetryExporter,
  TelemetryRecord,
} from '@dbsql-otel/exporter-databricks-telemetry';

type Spans = Parameters<ConnectionAwareExporter['export']>[0];
type Span = Spans[number];
type Result = Parameters<Parameters<ConnectionAwareExporter['export']>[1]>[0];

/** What the exporter of a workspace needs of its surroundings. */
export interface RecordKeeper {
  /** Whether the record left before, in this process or an earlier one. */
  isDone(record: Span): boolean;
  /** Records were delivered or dropped for good. Resolves when this is on disk. */
  settled(records: readonly Span[]): Promise<void>;
  /** The processor knows the result of a batch: there may be room for other records. */
  answered(): void;
  /** The workspace refuses the gateway's credentials: nothing was delivered, and all is kept. */
  refused(): void;
}

/** How long nothing is sent to a workspace that refuses the gateway's credentials. */
const REFUSED_WAIT_MS = 60_000;
const CREDENTIALS_REFUSED = new Set(['401', '403']);

/**
 * Between the processor and the exporter of one workspace: sends no record a second time that is known to have left, and
 * reports what leaves to the journal.
 */
export class JournaledExporter implements ConnectionAwareExporter {
  readonly #exporter: DatabricksTelemetryExporter;
  readonly #keeper: RecordKeeper;
  #isStopped = false;

  constructor(exporter: DatabricksTelemetryExporter, keeper: RecordKeeper) {
    this.#exporter = exporter;
    this.#keeper = keeper;
  }

  export(spans: Spans, resultCallback: (result: Result) => void): void {
    if (this.#isStopped) {
      resultCallback({ code: 1, error: new UndeliveredError(spans, 'shutdown') });
      return;
    }
    const fresh = spans.filter((span) => !this.#keeper.isDone(span));
    if (fresh.length === 0) {
      this.#settle(spans, { code: 0 }, resultCallback);
      return;
    }
    this.#exporter.export(fresh, (result) => {
      const answer = this.#wasRefused(fresh, result) ? this.#keep(fresh) : result;
      this.#settle(spans, answer, resultCallback);
    });
  }

  /** Later batches come back as they are: they stay in the journal. */
  stop(): void {
    this.#isStopped = true;
  }

  connectionClosed(connectionId: string): Promise<void> {
    return this.#exporter.connectionClosed(connectionId);
  }

  shutdown(timeoutMs?: number): Promise<void> {
    return this.#exporter.shutdown(timeoutMs);
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }

  /** The credentials were refused for the whole batch, and not single records for what they are. */
  #wasRefused(batch: Spans, { error }: Result): boolean {
    if (!(error instanceof UndeliveredError)) return false;
    const isWhole = error.undelivered.length + (error.dropped.refused ?? 0) === batch.length;
    const isRefused = (error.dropped.refused ?? 0) > 0;
    const words = Object.values(this.#exporter.stats().hosts).map(({ lastError }) => lastError);
    return isRefused && isWhole && words.some((word) => CREDENTIALS_REFUSED.has(word ?? ''));
  }

  #keep(batch: Spans): Result {
    this.#keeper.refused();
    return {
      code: 1,
      error: new UndeliveredError(batch, 'credentials_unavailable', REFUSED_WAIT_MS),
    };
  }

  #settle(spans: Spans, result: Result, resultCallback: (result: Result) => void): void {
    const { error } = result;
    // A failure without an account may have delivered anything: the journal keeps the batch.
    const isAccounted = result.code === 0 || error instanceof UndeliveredError;
    const kept = new Set(error instanceof UndeliveredError ? error.undelivered : spans);
    const left = result.code === 0 ? spans : spans.filter((span) => !kept.has(span));
    const answer = (): void => {
      resultCallback(result);
      this.#keeper.answered();
    };
    if (isAccounted && left.length > 0) this.#keeper.settled(left).then(answer, answer);
    else answer();
  }
}

/** Whether it is the record of a call, and not of a failure alone. */
export function isOperation(span: Span): boolean {
  return (span as Partial<TelemetryRecord>).join?.kind === 'operation';
}
