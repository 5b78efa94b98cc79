import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_SESSION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Accounting } from '../accounting';
import type { ReadableSpan } from '../otel';
import type { Join } from '../record';
import { idIn } from './attribute';
import { Connections } from './connections';
import { hasFailed, hasOwnException, isTerminal } from './failure';
import { JoinedSpan } from './joined-span';
import { RecentIds } from './recent-ids';
import type { Role } from './roles';
import { estimateSpanBytes } from './span-size';
import { Statement } from './statement';

/** Sweeps without a word of a statement after which it is idle. */
export const SWEEPS_UNTIL_IDLE = 12;

/** Statements whose own span has not ended, but of which other spans have. */
const MAX_RUNNING = 1_000;
/** Ids of finished statements and sessions by which late spans are known, per generation. */
const FINISHED_IDS = 2_500;
/** Estimated bytes of the spans of all statements in flight. */
const MAX_STATEMENT_BYTES = 16 * 1024 * 1024;
/** Estimated bytes a close adds to a statement's record. */
const COMPLETION_BYTES = 1_024;

export interface AggregatorOptions {
  readonly maxStatements: number;
  readonly maxErrorsPerStatement: number;
}

/**
 * Joins the spans of a statement by `databricks.statement.id` into exactly one record, and its errors. Records leave
 * through one function, {@link StatementAggregator.#emit}; nothing that comes after it makes another.
 */
export class StatementAggregator {
  readonly #options: AggregatorOptions;
  readonly #accounting: Accounting;
  readonly #offer: (record: JoinedSpan) => void;
  readonly #connections = new Connections();
  /** Statements whose span has ended, oldest first. */
  readonly #ended = new Map<string, Statement>();
  /** Statements known by their other spans only. */
  readonly #running = new Map<string, Statement>();
  readonly #finished = new RecentIds(FINISHED_IDS);
  readonly #openedSessions = new RecentIds(FINISHED_IDS);
  readonly #closedSessions = new RecentIds(FINISHED_IDS);
  #statementBytes = 0;
  #sweep = 0;
  #late = 0;
  #skipped = 0;

  constructor(
    options: AggregatorOptions,
    accounting: Accounting,
    offer: (record: JoinedSpan) => void,
  ) {
    this.#options = options;
    this.#accounting = accounting;
    this.#offer = offer;
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

  /** Entries in all maps that grow with the application's use; the memory of finished ids is not among them. */
  get entries(): number {
    return this.#ended.size + this.#running.size + this.#connections.size;
  }

  /** Takes an ended span. True when a terminal error became a record, which should not wait for the timer. */
  end(role: Role, span: ReadableSpan): boolean {
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

  /** Reports the oldest statement in flight as it stands. False when there is none. */
  completeOldest(): boolean {
    for (const [id, statement] of this.#ended) {
      this.#complete(id, statement);
      return true;
    }
    return false;
  }

  /** Reports the statements of a connection that was closed. */
  completeConnection(connectionId: string): void {
    this.#completeAllOf(ATTR_DATABRICKS_CONNECTION_ID, connectionId);
  }

  /** Nothing more will come of a connection. */
  forgetConnection(connectionId: string): void {
    this.#connections.forget(connectionId);
  }

  /** Reports the statements of which nothing was heard in the last {@link SWEEPS_UNTIL_IDLE} sweeps. */
  sweepIdle(): void {
    this.#sweep += 1;
    for (const [id, statement] of this.#ended) {
      if (this.#sweep - statement.lastSweep >= SWEEPS_UNTIL_IDLE) this.#complete(id, statement);
    }
  }

  /** Reports the errors of the statements whose own span never ended. */
  giveUpRunning(): void {
    while (this.#running.size > 0) this.#giveUpOldestRunning();
  }

  /** Reports what is left, and forgets everything but the counts. */
  close(): void {
    this.giveUpRunning();
    while (this.completeOldest());
    this.#connections.clear();
    this.#finished.clear();
    this.#openedSessions.clear();
    this.#closedSessions.clear();
  }

  #connectEnded(span: ReadableSpan): boolean {
    if (hasFailed(span)) return this.#emitError(span);
    this.#connections.connected(span);
    return false;
  }

  #sessionOpened(span: ReadableSpan): boolean {
    const id = idIn(span.attributes, ATTR_DATABRICKS_SESSION_ID);
    if (id !== undefined && !hasFailed(span)) {
      if (this.#openedSessions.has(id)) return this.#tooLate();
      this.#openedSessions.add(id);
    }
    return this.#emitAlone(span);
  }

  /** A session whose close failed is still open, and so are its statements. */
  #sessionClosed(span: ReadableSpan): boolean {
    const id = idIn(span.attributes, ATTR_DATABRICKS_SESSION_ID);
    if (id !== undefined && !hasFailed(span)) {
      if (this.#closedSessions.has(id)) return this.#tooLate();
      this.#closedSessions.add(id);
      this.#completeAllOf(ATTR_DATABRICKS_SESSION_ID, id);
    }
    return this.#emitAlone(span);
  }

  #statementEnded(span: ReadableSpan): boolean {
    const id = idIn(span.attributes, ATTR_DATABRICKS_STATEMENT_ID);
    if (id === undefined) return this.#emitAlone(span);
    if (this.#ended.has(id) || this.#finished.has(id)) return this.#tooLate();

    const statement = this.#running.get(id) ?? new Statement();
    this.#running.delete(id);
    statement.span = span;
    statement.bytes = estimateSpanBytes(span);
    statement.lastSweep = this.#sweep;
    if (hasFailed(span)) this.#addError(statement, span);
    this.#ended.set(id, statement);
    this.#statementBytes += statement.bytes;
    if (statement.over) return this.#complete(id, statement);

    if (
      this.#ended.size > this.#options.maxStatements ||
      this.#statementBytes > MAX_STATEMENT_BYTES
    ) {
      this.completeOldest();
    }
    return false;
  }

  #partEnded(
    role: 'fetch' | 'download' | 'staging' | 'cancel' | 'close',
    span: ReadableSpan,
  ): boolean {
    const id = idIn(span.attributes, ATTR_DATABRICKS_STATEMENT_ID);
    if (id === undefined) return this.#partWithoutStatement(role, span);
    const ended = this.#ended.get(id);
    if (ended === undefined && this.#finished.has(id)) return this.#partTooLate(span);

    const statement = ended ?? this.#runningStatement(id);
    statement.lastSweep = this.#sweep;
    statement.collected += 1;
    const failed = hasFailed(span);
    if (failed) this.#addError(statement, span);
    if (role === 'close') statement.closed(span);
    else if (role === 'staging') statement.staging = span.attributes;
    else if (!failed) {
      if (role === 'fetch') statement.fetched(span);
      else if (role === 'download') statement.downloaded(span);
      else statement.over = true;
    }
    return ended !== undefined && ended.over && this.#complete(id, ended);
  }

  #addError(statement: Statement, span: ReadableSpan): void {
    statement.failed(span, this.#options.maxErrorsPerStatement);
    if (isTerminal(span)) {
      statement.over = true;
      statement.urgent = true;
    }
  }

  #runningStatement(id: string): Statement {
    let statement = this.#running.get(id);
    if (statement === undefined) {
      if (this.#running.size >= MAX_RUNNING) this.#giveUpOldestRunning();
      statement = new Statement();
      this.#running.set(id, statement);
    }
    return statement;
  }

  /** A statement whose own span never came makes no record; its errors stand alone. */
  #giveUpOldestRunning(): void {
    for (const [id, statement] of this.#running) {
      this.#running.delete(id);
      this.#finished.add(id);
      this.#late += statement.collected;
      this.#emitErrors(statement);
      return;
    }
  }

  /** A staging call is a record of its own where it cannot be joined; of the others only their failure is. */
  #partWithoutStatement(role: Role, span: ReadableSpan): boolean {
    if (role === 'staging') return this.#emitAlone(span);
    return this.#partTooLate(span);
  }

  /** What comes late makes no second record of its statement, but a failure of its own is still told, once. */
  #partTooLate(span: ReadableSpan): boolean {
    this.#late += 1;
    return hasFailed(span) && hasOwnException(span) && this.#emitError(span);
  }

  #tooLate(): boolean {
    this.#late += 1;
    return false;
  }

  #completeAllOf(attribute: string, value: string): void {
    for (const [id, statement] of this.#ended) {
      if (statement.span?.attributes[attribute] === value) this.#complete(id, statement);
    }
  }

  #complete(id: string, statement: Statement): boolean {
    this.#ended.delete(id);
    this.#finished.add(id);
    this.#statementBytes -= statement.bytes;
    const { span, completion, staging } = statement;
    if (span !== undefined) {
      const bytes = statement.bytes + (completion === undefined ? 0 : COMPLETION_BYTES);
      this.#emit('operation', span, bytes, completion, staging);
    }
    this.#emitErrors(statement);
    return statement.urgent;
  }

  #emitErrors(statement: Statement): void {
    for (const span of statement.errors) this.#emit('error', span, estimateSpanBytes(span));
    this.#accounting.offered += statement.errorOverflow;
    this.#accounting.drop('statement_errors', statement.errorOverflow);
  }

  /** A call that is no statement's part: its record, and its failure. */
  #emitAlone(span: ReadableSpan): boolean {
    this.#emit('operation', span, estimateSpanBytes(span));
    return hasFailed(span) && this.#emitError(span);
  }

  #emitError(span: ReadableSpan): boolean {
    this.#emit('error', span, estimateSpanBytes(span));
    return isTerminal(span);
  }

  #emit(
    kind: Join['kind'],
    span: ReadableSpan,
    bytes: number,
    completion?: Join['completion'],
    staging?: Join['staging'],
  ): void {
    const connection = this.#connections.factsOf(span);
    this.#offer(new JoinedSpan(span, { kind, connection, completion, staging }, bytes));
  }
}
