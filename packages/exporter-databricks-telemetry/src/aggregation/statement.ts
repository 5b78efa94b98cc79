import type { Attributes } from '@opentelemetry/api';
import { ATTR_ERROR_TYPE } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { ReadableSpan } from '../otel';
import { BoundedErrors } from './bounded-errors';
import { hasOwnException } from './failure';
import { hasTotals, RebuiltTotals } from './rebuilt-totals';

/**
 * One statement in flight: references to its spans and few plain fields, since thousands are kept. Until its own span
 * has ended it only collects; it then is `over` when a close, a cancel or a terminal error already came.
 */
export class Statement {
  /** Neighbours in the list it is in. */
  previous: Statement | undefined;
  next: Statement | undefined;
  /** The ended statement span; until it is there, the statement runs. */
  span: ReadableSpan | undefined;
  /** Estimated bytes of `span`. */
  bytes = 0;
  /** Nothing more is waited for. */
  over = false;
  /** A terminal error was seen. */
  urgent = false;
  /** The sweep in which something was last heard of it. */
  lastSweep = 0;
  /** Spans collected. */
  collected = 0;
  staging: Attributes | undefined;
  #closing: Attributes | undefined;
  #totals: RebuiltTotals | undefined;
  #errors: BoundedErrors | undefined;

  constructor(readonly id: string) {}

  /** A fetch or a download succeeded. */
  add(role: 'fetch' | 'download', span: ReadableSpan): void {
    this.#totals ??= new RebuiltTotals();
    if (role === 'fetch') this.#totals.fetched(span);
    else this.#totals.downloaded(span);
  }

  closed(span: ReadableSpan): void {
    this.over = true;
    this.#closing ??= span.attributes;
  }

  /** The call that failed told what the statement had come to. */
  failedFor(span: ReadableSpan): void {
    if (span !== this.span && hasTotals(span.attributes)) this.#closing ??= span.attributes;
  }

  failed(span: ReadableSpan, maxErrors: number): void {
    this.#errors ??= new BoundedErrors(maxErrors);
    this.#errors.add(span);
  }

  /** Attributes of the close, completed by what fetches and downloads said where it has no totals. */
  get completion(): Attributes | undefined {
    const closing = this.#closing;
    if (this.#totals === undefined || (closing !== undefined && hasTotals(closing))) return closing;
    return { ...closing, ...this.#totals.toAttributes() };
  }

  /** Whether anything of it failed. */
  get hasErrors(): boolean {
    return this.#errors !== undefined;
  }

  /** Errors that were let go because too many came. */
  get errorOverflow(): number {
    return this.#errors?.overflow ?? 0;
  }

  /**
   * The failures, each once: a span on which a failure merely surfaced is left out when the failure itself, an error of
   * the same type on the span of the call that failed, is there.
   */
  get errors(): readonly ReadableSpan[] {
    const errors = this.#errors?.inOrder() ?? [];
    if (errors.length < 2) return errors;
    const isCause = (span: ReadableSpan): boolean => span === this.span || hasOwnException(span);
    const causes = new Set(errors.filter(isCause).map((span) => span.attributes[ATTR_ERROR_TYPE]));
    return errors.filter((span) => isCause(span) || !causes.has(span.attributes[ATTR_ERROR_TYPE]));
  }
}
