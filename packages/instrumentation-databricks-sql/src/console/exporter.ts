import { wantsColors } from './colors';
import { statementEvent } from './statement-event';
import { toText } from './text-waterfall';
import type { FinishedSpan } from './trace-tree';

/** The destination of the text, such as `process.stdout`. */
export interface WaterfallStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** Options of {@link ConsoleWaterfallExporter}. */
export interface ConsoleWaterfallExporterOptions {
  /**
   * Default `process.stdout`. The width follows it. Colors are for terminals, unless `FORCE_COLOR`, `NO_COLOR` or
   * `TERM=dumb` in the environment decides otherwise.
   */
  readonly stream?: WaterfallStream;
  /** Cells per line. Default: those of the terminal, or 100. */
  readonly width?: number;
  /** Unfinished traces that are kept; beyond that the oldest is printed as it is. Default 100. */
  readonly maxTraces?: number;
}

const DEFAULT_MAX_TRACES = 100;
const SUCCESS = 0;

/** The spans of one trace so far, and what it still waits for. */
interface PendingTrace {
  readonly spans: FinishedSpan[];
  readonly openStatementIds: Set<string>;
  rootEnded: boolean;
}

function isRoot(span: FinishedSpan): boolean {
  return span.parentSpanContext === undefined || span.parentSpanContext.isRemote === true;
}

/**
 * A SpanExporter that prints each finished trace as a tree with bars, for a developer's terminal.
 *
 * Use it with a `SimpleSpanProcessor`. A trace is finished when its local root has ended and every statement in it was
 * closed or canceled, because spans of fetching and closing follow the statement's own; `forceFlush()` and `shutdown()`
 * print the rest.
 */
export class ConsoleWaterfallExporter {
  readonly #stream: WaterfallStream;
  readonly #width: number | undefined;
  readonly #maxTraces: number;
  readonly #traces = new Map<string, PendingTrace>();

  constructor(options: ConsoleWaterfallExporterOptions = {}) {
    this.#stream = options.stream ?? process.stdout;
    this.#width = options.width;
    this.#maxTraces = options.maxTraces ?? DEFAULT_MAX_TRACES;
  }

  /** Keeps the spans until their trace is finished, then prints it. Never throws. */
  export(
    spans: FinishedSpan[],
    resultCallback: (result: { code: 0 | 1; error?: Error }) => void,
  ): void {
    try {
      for (const span of spans) this.#add(span);
      resultCallback({ code: SUCCESS });
    } catch (error) {
      resultCallback({ code: 1, error: error instanceof Error ? error : new Error(String(error)) });
    }
  }

  /** Prints all unfinished traces. */
  forceFlush(): Promise<void> {
    for (const traceId of this.#traces.keys()) this.#print(traceId);
    return Promise.resolve();
  }

  /** Prints all unfinished traces. */
  shutdown(): Promise<void> {
    return this.forceFlush();
  }

  #add(span: FinishedSpan): void {
    const { traceId } = span.spanContext();
    let trace = this.#traces.get(traceId);
    if (trace === undefined) {
      trace = { spans: [], openStatementIds: new Set(), rootEnded: false };
      this.#traces.set(traceId, trace);
    }
    trace.spans.push(span);
    if (isRoot(span)) trace.rootEnded = true;
    const event = statementEvent(span);
    if (event?.kind === 'open') trace.openStatementIds.add(event.id);
    else if (event?.kind === 'end') trace.openStatementIds.delete(event.id);

    if (trace.rootEnded && trace.openStatementIds.size === 0) this.#print(traceId);
    else if (this.#traces.size > this.#maxTraces) this.#printOldest();
  }

  #printOldest(): void {
    for (const traceId of this.#traces.keys()) {
      this.#print(traceId);
      return;
    }
  }

  #print(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    this.#traces.delete(traceId);
    const text = toText(trace.spans, {
      width: this.#width ?? (this.#stream.columns || undefined),
      colors: wantsColors(this.#stream.isTTY === true, process.env),
    });
    this.#stream.write(`${text}\n`);
  }
}
