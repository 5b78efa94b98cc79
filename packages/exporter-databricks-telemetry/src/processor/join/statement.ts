import type { Attributes } from '@opentelemetry/api';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../../otel';
import type { EndedSpan, Join } from '../../record';
import { isMoreDecisive } from './failure';
import { hasTotals, RebuiltTotals } from './rebuilt-totals';

/** What only few statements have. */
class Rest {
  /** Spans that came before the statement's own. */
  early = 0;
  staging: Attributes | undefined;
  totals: RebuiltTotals | undefined;
  failure: ReadableSpan | undefined;
}

/**
 * One statement in flight, and then the join of its record: references to its spans and few plain fields, since
 * thousands are kept. Until its own span has ended it only collects; it then is over when a close, a cancel or a
 * terminal error already came.
 */
export class Statement implements Join {
  /** Neighbours in the list it is in. */
  previous: Statement | undefined;
  next: Statement | undefined;
  /** The ended statement span; until it is there, the statement runs. */
  span: EndedSpan | undefined;
  /** Estimated bytes of `span`. */
  bytes = 0;
  /** Nothing more is waited for: a close, a cancel or a terminal error came. */
  end: 'over' | 'canceled' | undefined;
  /** The sweep in which something was last heard of it. */
  lastSweep = 0;
  /** Known with the record. */
  connection: Attributes | undefined;
  #closing: Attributes | undefined;
  #rest: Rest | undefined;

  constructor(readonly id: string) {}

  get kind(): 'operation' {
    return 'operation';
  }

  /** The connection of an operation from the telemetry channel. */
  get claimed(): TelemetryConnection | undefined {
    return this.span?.connection;
  }

  get isOver(): boolean {
    return this.end !== undefined;
  }

  /** The application cancelled it. */
  get isCanceled(): boolean {
    return this.end === 'canceled';
  }

  /** Spans that came before its own. */
  get early(): number {
    return this.#rest?.early ?? 0;
  }

  get staging(): Attributes | undefined {
    return this.#rest?.staging;
  }

  /** A span of it came before its own. */
  cameEarly(): void {
    this.#own().early += 1;
  }

  staged(span: ReadableSpan): void {
    this.#own().staging = span.attributes;
  }

  /** A fetch or a download succeeded. */
  add(role: 'fetch' | 'download', span: ReadableSpan): void {
    const totals = (this.#own().totals ??= new RebuiltTotals());
    if (role === 'fetch') totals.fetched(span);
    else totals.downloaded(span);
  }

  closed(span: ReadableSpan): void {
    this.end ??= 'over';
    this.#closing ??= span.attributes;
  }

  /** The call that failed told what the statement had come to. */
  failedFor(span: ReadableSpan): void {
    if (span !== this.span && hasTotals(span.attributes)) this.#closing ??= span.attributes;
  }

  /** Something of it failed; the most decisive failure is reported. */
  failed(span: ReadableSpan): void {
    const { failure } = this;
    if (failure === undefined || isMoreDecisive(span, failure)) this.#own().failure = span;
  }

  canceled(): void {
    this.end = 'canceled';
  }

  /**
   * Attributes of the close, completed by what fetches and downloads said where it has no totals; of a statement that was
   * never closed, what its results amounted to when the record is made.
   */
  get completion(): Attributes | undefined {
    const closing = this.#closing;
    const totals = this.#rest?.totals;
    if (closing === undefined && totals === undefined) return this.span?.totals?.();
    if (totals === undefined || (closing !== undefined && hasTotals(closing))) return closing;
    return { ...closing, ...totals.toAttributes() };
  }

  get hasCompletion(): boolean {
    return this.#closing !== undefined || this.#rest?.totals !== undefined;
  }

  get failure(): ReadableSpan | undefined {
    return this.#rest?.failure;
  }

  #own(): Rest {
    this.#rest ??= new Rest();
    return this.#rest;
  }
}
