import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { TelemetryConnection } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Accounting } from '../../accounting';
import type { ReadableSpan } from '../../otel';
import type { EndedSpan, Join } from '../../record';
import { idIn } from '../../attribute-values';
import { Connections } from '../../connections';
import { hasFailed, hasOwnException, isTerminal, wasCanceled } from './failure';
import { SpanRecord } from './span-record';
import { hasTotals } from './rebuilt-totals';
import { RecentIds } from '../../recent-ids';
import { roleOf } from './span-role';
import type { Role } from './span-role';
import { estimateSpanBytes, estimateStatementBytes } from './span-size';
import { Statement } from './statement';
import { FINISHED, StatementIndex, StatementList } from './statement-index';

/** Statements whose own span has not ended, but of which other spans have: at least as many are kept. */
const MIN_RUNNING = 1_000;
/** Ids of opened and closed sessions by which a second span is known, per generation: at least as many are kept. */
const MIN_SESSION_IDS = 1_000;
/** The other bounds grow with `maxStatements` beyond its default: they are a fifth of it. */
const SHARE_OF_STATEMENTS = 1 / 5;
/** Estimated bytes that the spans of all statements in flight may have, and per statement when there may be many. */
const MIN_STATEMENT_BYTES = 16 * 1024 * 1024;
const BYTES_PER_STATEMENT = 3_355;
/** Estimated bytes a close adds to a statement's record. */
const COMPLETION_BYTES = 1_024;

/** Where records go. */
export interface RecordSink {
  /** Whether a record of this kind is counted and need not be made. */
  turnsAway(isError: boolean): boolean;
  offer(record: SpanRecord): void;
}

export interface AggregatorOptions {
  readonly maxStatements: number;
}

/**
 * Joins the spans of a statement by `databricks.statement.id` into exactly one record, its failure included. A cancel is
 * a record of its own. A statement's record leaves in one place, {@link StatementAggregator.#complete}; nothing that comes after it makes another.
 */
export class StatementAggregator {
  readonly #options: AggregatorOptions;
  readonly #accounting: Accounting;
  readonly #sink: RecordSink;
  readonly #connections = new Connections();
  readonly #index: StatementIndex;
  /** Statements whose span has ended, oldest first. */
  readonly #ended = new StatementList();
  /** Statements known by their other spans only, oldest first. */
  readonly #running = new StatementList();
  readonly #openedSessions: RecentIds;
  readonly #closedSessions: RecentIds;
  readonly #maxRunning: number;
  readonly #maxStatementBytes: number;
  /** Closes carry totals, so that none need to be rebuilt. */
  #closesHaveTotals = false;
  #statementBytes = 0;
  #sweep = 0;
  #late = 0;
  #skipped = 0;

  constructor(options: AggregatorOptions, accounting: Accounting, sink: RecordSink) {
    this.#options = options;
    this.#accounting = accounting;
    this.#sink = sink;
    const share = Math.floor(options.maxStatements * SHARE_OF_STATEMENTS);
    this.#maxRunning = Math.max(MIN_RUNNING, share);
    this.#maxStatementBytes = Math.max(
      MIN_STATEMENT_BYTES,
      options.maxStatements * BYTES_PER_STATEMENT,
    );
    this.#index = new StatementIndex(share);
    this.#openedSessions = new RecentIds(Math.max(MIN_SESSION_IDS, share));
    this.#closedSessions = new RecentIds(Math.max(MIN_SESSION_IDS, share));
  }

  /** Statements in flight: ended, and not yet a record. */
  get statements(): number {
    return this.#ended.size;
  }

  /** Spans that came when their statement or session was already reported, or that belong to none. */
  get late(): number {
    return this.#late;
  }

  /** Spans of connections whose driver reports by itself. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Statements and connections that are kept, and the remembered ids of finished ones. */
  get entries(): number {
    return this.#index.size + this.#connections.size;
  }

  /** Takes an ended span. True when a terminal error became a record, which should not wait for the timer. */
  end(span: ReadableSpan): boolean {
    const role = roleOf(span.attributes[ATTR_DATABRICKS_OPERATION]);
    if (role === undefined) return false;
    if (role === 'connect' || role === 'open_session') this.#connections.learnReporter(span);
    if (this.#connections.reportsByItself(span)) {
      this.#skipped += 1;
      return false;
    }
    switch (role) {
      case 'connect':
        return this.#connectEnded(span);
      case 'open_session':
        return this.#sessionOpened(span);
      case 'close_session':
        return this.#sessionClosed(span);
      case 'call':
        return this.#emitAlone(span);
      case 'statement':
        return this.#statementEnded(span);
      default:
        return this.#partEnded(role, span);
    }
  }

  /** An operation ended on a connection that the driver reports itself. */
  skip(): void {
    this.#skipped += 1;
  }

  /** Reports the oldest statement in flight as it stands. False when there is none. */
  completeOldest(): boolean {
    const oldest = this.#ended.first;
    if (oldest === undefined) return false;
    this.#complete(oldest);
    return true;
  }

  /** Reports the statements of a connection that was closed. */
  completeConnection(connectionId: string): void {
    this.#completeAllOf(ATTR_DATABRICKS_CONNECTION_ID, connectionId);
  }

  /** Nothing more will come of a connection. */
  forgetConnection(connectionId: string): void {
    this.#connections.forget(connectionId);
  }

  /** Reports the statements that no span was seen of in the last `maxIdleSweeps` sweeps. */
  sweepIdle(maxIdleSweeps: number): void {
    this.#sweep += 1;
    this.#completeWhere(({ lastSweep }) => this.#sweep - lastSweep >= maxIdleSweeps);
  }

  /** Reports the failures of the statements whose own span never ended. */
  giveUpRunning(): void {
    while (this.#running.size > 0) this.#giveUpOldestRunning();
  }

  /** Reports what is left, and forgets everything but the counts. */
  close(): void {
    this.giveUpRunning();
    while (this.completeOldest());
    this.#connections.clear();
    this.#index.clear();
    this.#openedSessions.clear();
    this.#closedSessions.clear();
  }

  #connectEnded(span: ReadableSpan): boolean {
    if (hasFailed(span)) return this.#emit('error', span);
    this.#connections.connected(span);
    return false;
  }

  #sessionOpened(span: ReadableSpan): boolean {
    const id = idIn(span.attributes[ATTR_DATABRICKS_SESSION_ID]);
    if (id !== undefined && !hasFailed(span)) {
      if (this.#openedSessions.has(id)) return this.#tooLate();
      this.#openedSessions.add(id);
    }
    return this.#emitAlone(span);
  }

  /** A session whose close failed is still open, and so are its statements. */
  #sessionClosed(span: ReadableSpan): boolean {
    const id = idIn(span.attributes[ATTR_DATABRICKS_SESSION_ID]);
    if (id !== undefined && !hasFailed(span)) {
      if (this.#closedSessions.has(id)) return this.#tooLate();
      this.#closedSessions.add(id);
      this.#completeAllOf(ATTR_DATABRICKS_SESSION_ID, id);
    }
    return this.#emitAlone(span);
  }

  #statementEnded(span: ReadableSpan): boolean {
    const id = idIn(span.attributes[ATTR_DATABRICKS_STATEMENT_ID]);
    if (id === undefined) return this.#emitAlone(span);
    let statement = this.#index.get(id);
    if (statement === FINISHED || statement?.span !== undefined) return this.#tooLate();

    if (statement === undefined) {
      statement = new Statement(id);
      this.#index.add(statement);
    } else {
      this.#running.remove(statement);
    }
    statement.span = span;
    statement.bytes = estimateStatementBytes(span);
    statement.lastSweep = this.#sweep;
    if (hasFailed(span)) this.#addError(statement, span);
    this.#ended.add(statement);
    this.#statementBytes += statement.bytes;
    if (statement.isOver) return this.#complete(statement);

    if (
      this.#ended.size > this.#options.maxStatements ||
      this.#statementBytes > this.#maxStatementBytes
    ) {
      this.completeOldest();
    }
    return false;
  }

  #partEnded(
    role: 'fetch' | 'download' | 'staging' | 'cancel' | 'close',
    span: ReadableSpan,
  ): boolean {
    const id = idIn(span.attributes[ATTR_DATABRICKS_STATEMENT_ID]);
    if (id === undefined) return this.#partWithoutStatement(role, span);
    const found = this.#index.get(id);
    if (found === FINISHED) return this.#partTooLate(role, span);
    const isUrgentCancel = role === 'cancel' && this.#emitAlone(span);

    const statement = found ?? this.#startRunning(id);
    statement.lastSweep = this.#sweep;
    if (statement.span === undefined) statement.cameEarly();
    const failed = hasFailed(span);
    if (failed && role !== 'cancel' && !wasCanceled(role, span)) this.#addError(statement, span);
    if (role === 'close') this.#closed(statement, span);
    else if (role === 'staging') statement.staged(span);
    else if (!failed) {
      if (role === 'cancel') statement.canceled();
      else if (!this.#closesHaveTotals) statement.add(role, span);
    }
    const isOver = statement.isOver && statement.span !== undefined;
    return (isOver && this.#complete(statement)) || isUrgentCancel;
  }

  #addError(statement: Statement, span: ReadableSpan): void {
    statement.failed(span);
    if (isTerminal(span)) {
      statement.failedFor(span);
      statement.end ??= 'over';
    }
  }

  #startRunning(id: string): Statement {
    if (this.#running.size >= this.#maxRunning) this.#giveUpOldestRunning();
    const statement = new Statement(id);
    this.#index.add(statement);
    this.#running.add(statement);
    return statement;
  }

  /**
   * A producer whose closes carry totals is not made to pay for others: its fetches and downloads need not be added up.
   * What was never closed then has no totals, just as when its fetches and downloads were not sampled.
   */
  #closed(statement: Statement, span: ReadableSpan): void {
    statement.closed(span);
    this.#closesHaveTotals ||= hasTotals(span.attributes);
  }

  /** A statement whose own span never came makes no record; its failure stands alone. */
  #giveUpOldestRunning(): void {
    const oldest = this.#running.first;
    if (oldest === undefined) return;
    this.#running.remove(oldest);
    this.#index.finish(oldest);
    this.#late += oldest.early;
    if (oldest.failure !== undefined) this.#emit('error', oldest.failure);
  }

  /** A cancel is always a record of its own, a staging call where it cannot be joined; of the others only their failure is. */
  #partWithoutStatement(role: Role, span: ReadableSpan): boolean {
    if (role === 'staging' || role === 'cancel') return this.#emitAlone(span);
    return this.#partTooLate(role, span);
  }

  /** What comes late makes no second record of its statement, but a failure of its own is still reported, once. */
  #partTooLate(role: Role, span: ReadableSpan): boolean {
    this.#late += 1;
    const isFailure = hasFailed(span) && hasOwnException(span) && !wasCanceled(role, span);
    return isFailure && this.#emit('error', span);
  }

  #tooLate(): boolean {
    this.#late += 1;
    return false;
  }

  #completeAllOf(attribute: string, value: string): void {
    this.#completeWhere(({ span }) => span?.attributes[attribute] === value);
  }

  #completeWhere(isDue: (statement: Statement) => boolean): void {
    for (let statement = this.#ended.first; statement !== undefined;) {
      const { next } = statement;
      if (isDue(statement)) this.#complete(statement);
      statement = next;
    }
  }

  #complete(statement: Statement): boolean {
    this.#ended.remove(statement);
    this.#index.finish(statement);
    this.#statementBytes -= statement.bytes;
    const { span, failure } = statement;
    if (span === undefined) return false;
    if (!this.#dropsOptedOut(span) && !this.#sink.turnsAway(failure !== undefined)) {
      statement.connection = this.#factsOf(span);
      const bytes = statement.bytes + (statement.hasCompletion ? COMPLETION_BYTES : 0);
      this.#sink.offer(new SpanRecord(span, statement, bytes + failureBytes(failure)));
    }
    return failure !== undefined && isTerminal(failure);
  }

  /** A call that is no statement's part. */
  #emitAlone(span: ReadableSpan): boolean {
    return this.#emit('operation', span, hasFailed(span) ? span : undefined);
  }

  /** @returns whether a terminal error was reported */
  #emit(kind: Join['kind'], span: ReadableSpan, failure?: ReadableSpan): boolean {
    const isError = kind === 'error' || failure !== undefined;
    if (!this.#dropsOptedOut(span) && !this.#sink.turnsAway(isError)) {
      const join = {
        kind,
        connection: this.#factsOf(span),
        claimed: claimedOf(span),
        completion: undefined,
        failure,
      };
      this.#sink.offer(new SpanRecord(span, join, estimateSpanBytes(span)));
    }
    return isError && isTerminal(span);
  }

  /** A record of a connection that opted out is counted, and not made. */
  #dropsOptedOut(span: ReadableSpan): boolean {
    if (claimedOf(span)?.isOptedOut !== true) return false;
    this.#accounting.offered += 1;
    this.#accounting.drop('opted_out');
    return true;
  }

  #factsOf(span: ReadableSpan): Attributes | undefined {
    return claimedOf(span)?.attributes ?? this.#connections.factsOf(span);
  }
}

/** The stack and the message that a failure keeps alive. */
function failureBytes(failure: ReadableSpan | undefined): number {
  return failure === undefined ? 0 : estimateSpanBytes(failure);
}

/** The connection of an operation from the telemetry channel. */
function claimedOf(span: EndedSpan): TelemetryConnection | undefined {
  return span.connection;
}
