import { randomUUID } from 'node:crypto';
import { now } from './clock';
import { SqlError } from './engine/engine';
import type { Engine, Query, QueryResult } from './engine/engine';
import type { Relation } from './engine/types';
import { scriptedFailure, statementFailure } from './failure';
import type { StatementFailure } from './failure';
import type { QueryTags } from './query-tags';
import { COLUMNAR_ONLY } from './results/result-plan';
import type { ClientCapabilities, ResultPlan } from './results/result-plan';
import { ResultEncoder } from './results/result-encoder';
import type { AppliedScript, ScriptedError, StatementScript } from './script';

export type StatementState = 'RUNNING' | 'FINISHED' | 'CANCELED' | 'CLOSED' | 'ERROR';

/** What the warehouse knows to be true of one statement. */
export interface StatementFacts {
  readonly id: string;
  readonly sessionId: string;
  /** `ExecuteStatement`, or the metadata call. */
  readonly operation: string;
  readonly sql: string | undefined;
  /** Its own and its session's, as `system.query.history` has them. */
  readonly queryTags: QueryTags;
  readonly state: StatementState;
  readonly failure: StatementFailure | undefined;
  readonly plan: ResultPlan | undefined;
  /** Answers given to GetOperationStatus. */
  readonly polls: number;
  /** Answers with result data: the direct results and FetchResults. */
  readonly pagesServed: number;
  readonly rowsServed: number;
  /** Files downloaded; record batches or columnar row sets sent. */
  readonly chunksServed: number;
  /** Bytes of those files or batches, as compressed. */
  readonly bytesServed: number;
  readonly closedByServer: boolean;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number | undefined;
  readonly closedAt: number | undefined;
}

/** One statement's run: what is asked of the engine, how often it has to be polled, what was served of its result. */
export class Statement implements StatementFacts {
  readonly id = randomUUID();
  readonly startedAt = now();
  state: StatementState = 'RUNNING';
  failure: StatementFailure | undefined;
  plan: ResultPlan | undefined;
  polls = 0;
  pagesServed = 0;
  rowsServed = 0;
  chunksServed = 0;
  bytesServed = 0;
  closedByServer = false;
  /** What the client that submitted it can read. */
  capabilities: ClientCapabilities = COLUMNAR_ONLY;
  /** Whether the result asks the client to move a file. */
  isStaging = false;
  finishedAt: number | undefined;
  closedAt: number | undefined;
  /** Where the next FetchResults goes on: a row of an inline result, a page of links. */
  cursor = 0;
  readonly #applied: AppliedScript;
  readonly #abort = new AbortController();
  #encoder: ResultEncoder | undefined;
  #pollsLeft: number;
  #outcome: QueryResult | SqlError | undefined;
  #settled: Promise<void> = Promise.resolve();

  constructor(
    readonly sessionId: string,
    readonly operation: string,
    readonly sql: string | undefined,
    applied: AppliedScript,
    readonly queryTags: QueryTags = {},
  ) {
    this.#applied = applied;
    this.#pollsLeft = applied.script.polls ?? (applied.script.error?.at === 'poll' ? 1 : 0);
  }

  get script(): StatementScript {
    return this.#applied.script;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Rows and modified rows of a finished statement. */
  get result(): (QueryResult & { kind: 'rows' }) | undefined {
    const outcome = this.#outcome;
    return outcome !== undefined && !(outcome instanceof Error) && outcome.kind === 'rows'
      ? outcome
      : undefined;
  }

  get relation(): Relation | undefined {
    return this.script.relation ?? this.result?.relation;
  }

  /** Whether it finished, or will, without rows of its own: DDL, SET, USE. */
  get isCommand(): boolean {
    return this.state === 'FINISHED' && this.relation === undefined;
  }

  /** Encodes its result; the same one from the first answer to the last. */
  encoder(plan: ResultPlan): ResultEncoder {
    this.#encoder ??= new ResultEncoder(plan);
    return this.#encoder;
  }

  /** Hands the query to the engine. Returns at once; `settled` says when the engine is done. */
  start(engine: Engine, query: Omit<Query, 'signal'>): void {
    if (this.script.relation) this.#outcome = { kind: 'rows', relation: this.script.relation };
    else this.#settled = this.#run(engine, { ...query, signal: this.signal });
  }

  /** A result that is known without an engine: that of a metadata call. */
  startWith(relation: Relation): void {
    this.#outcome = { kind: 'rows', relation };
  }

  /** Resolves when the engine is done, well or not. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  get outcome(): QueryResult | SqlError | undefined {
    return this.#outcome;
  }

  /** Whether the client has to poll before it can see the end. */
  get mustBePolled(): boolean {
    return (this.#pollsLeft > 0 || this.#isHeld) && !this.#applied.isReleased();
  }

  /** Whether it waits for the warehouse and does not run yet. */
  get isPending(): boolean {
    const { pendingPolls = 0, pendingMs = 0 } = this.script;
    return (
      this.state === 'RUNNING' &&
      ((pendingPolls > 0 && this.polls <= pendingPolls) || now() < this.startedAt + pendingMs) &&
      !this.#applied.isReleased()
    );
  }

  get #isHeld(): boolean {
    const { pendingMs = 0, runningMs = 0 } = this.script;
    return now() < this.startedAt + pendingMs + runningMs;
  }

  /** One look at the state by the client; the last of the scripted polls sees the end. */
  poll(): void {
    this.polls += 1;
    if (this.mustBePolled) this.#pollsLeft -= 1;
    this.advance();
  }

  /** Takes over the engine's outcome if the statement still runs and nothing holds it back. */
  advance(): void {
    if (this.state !== 'RUNNING' || this.mustBePolled || this.#outcome === undefined) return;
    const failure = this.#failureOfOutcome();
    if (failure) this.#fail(failure);
    else this.#finish('FINISHED');
  }

  cancel(): void {
    if (this.state === 'RUNNING') this.#finish('CANCELED');
    this.#abort.abort(this.state);
  }

  close(): void {
    this.closedAt ??= now();
    if (this.state === 'RUNNING') this.#finish('CLOSED');
    this.#abort.abort(this.state);
  }

  /** The failure that a script asks for, in this statement. */
  failureOf(error: ScriptedError): StatementFailure {
    return scriptedFailure(error, this.sql);
  }

  #failureOfOutcome(): StatementFailure | undefined {
    const { error } = this.script;
    if (error?.at === 'execute' || error?.at === 'poll') return this.failureOf(error);
    return this.#outcome instanceof SqlError
      ? statementFailure(this.#outcome, this.sql)
      : undefined;
  }

  #fail(failure: StatementFailure): void {
    this.failure = failure;
    this.#finish('ERROR');
  }

  #finish(state: StatementState): void {
    this.state = state;
    this.finishedAt = now();
  }

  async #run(engine: Engine, query: Query): Promise<void> {
    try {
      const result = engine.execute(query);
      this.#outcome = result instanceof Promise ? await result : result;
    } catch (error) {
      this.#outcome = error instanceof SqlError ? error : internalError(error);
    }
  }
}

function internalError(error: unknown): SqlError {
  const description = error instanceof Error ? error.message : String(error);
  return new SqlError('INTERNAL_ERROR', 'XX000', description);
}
