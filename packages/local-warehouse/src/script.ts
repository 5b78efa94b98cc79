import type { Relation } from './engine/types';

export type ResultFormat = 'columnar' | 'arrow' | 'cloudfetch';

/** Where a scripted statement fails. */
export interface ScriptedError {
  /**
   * `submit`: the RPC itself is answered with an error status. `execute`: the statement is in state ERROR in the
   * direct results (or at the first poll). `poll`: in state ERROR after the polls. `metadata`, `fetch`: those RPCs are
   * answered with an error status. `download`: the storage refuses the file.
   */
  readonly at: 'submit' | 'execute' | 'poll' | 'metadata' | 'fetch' | 'download';
  /** Error condition, e.g. `TABLE_OR_VIEW_NOT_FOUND`. */
  readonly condition?: string;
  readonly sqlState?: string;
  /** Replaces the whole message, `[CONDITION] … SQLSTATE: …` by default. */
  readonly message?: string;
  /** Vendor code. */
  readonly code?: number;
  /** Index of the page (`fetch`) or file (`download`) that fails; 0 by default. */
  readonly index?: number;
  /** `download`: the HTTP status, or a link whose time is over; 403 by default. */
  readonly download?: number | 'expired';
}

/** How one statement goes. What is absent is left to the warehouse's defaults and to what the client asked for. */
export interface StatementScript {
  /** How many polls it takes to see the end; `Infinity` until it is cancelled or released. */
  readonly polls?: number;
  /** How many of the polls find the statement waiting for the warehouse. */
  readonly pendingPolls?: number;
  /** How long it waits for the warehouse, and then runs, before its end can be seen. */
  readonly pendingMs?: number;
  readonly runningMs?: number;
  /** Latencies of the answers to ExecuteStatement, GetOperationStatus, FetchResults and downloads. */
  readonly submitDelayMs?: number;
  readonly pollDelayMs?: number;
  readonly fetchDelayMs?: number;
  readonly downloadDelayMs?: number;
  /** A format the client cannot read falls back to the next simpler one. */
  readonly format?: ResultFormat;
  /** LZ4; by default as the client asks. */
  readonly compressed?: boolean;
  /** The result itself, in place of the engine's. */
  readonly relation?: Relation;
  /** Cuts or repeats the result to this many rows. */
  readonly rows?: number;
  /** Files, record batches or columnar row sets. With fewer rows than chunks the rows are repeated. */
  readonly chunks?: number;
  readonly rowsPerChunk?: number;
  /** Answers to FetchResults (the direct results count as one) over which the chunks are spread. */
  readonly pages?: number;
  /** `false`: even a finished statement has to be polled. */
  readonly directResults?: boolean;
  /** Whether direct results that hold everything close the operation; true by default except for CloudFetch. */
  readonly closeOperation?: boolean;
  /** How long a presigned link is good for. */
  readonly linkLifetimeMs?: number;
  readonly error?: ScriptedError;
}

/** Which statements are meant: text that the SQL contains, a metadata operation (`GetTables`), a pattern, a predicate. */
export type StatementMatch = string | RegExp | ((statement: string) => boolean);

/** A script in force. */
export interface Script {
  /** How many statements it was applied to. */
  readonly hits: number;
  /** Statements that run under it and are polled finish at the next poll. */
  release(): void;
  remove(): void;
}

/** The script that one statement follows. */
export interface AppliedScript {
  readonly script: StatementScript;
  readonly isReleased: () => boolean;
}
