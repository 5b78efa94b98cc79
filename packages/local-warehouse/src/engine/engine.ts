import type { SqlPosition } from '../failure';
import type { Relation } from './types';

export interface QueryParameter {
  /** Absent for a positional parameter (`?`). */
  readonly name: string | undefined;
  /** SQL type name as sent by the client, e.g. `STRING` or `DECIMAL(3,1)`. */
  readonly type: string;
  /** The value as text, or NULL. */
  readonly value: string | null;
}

export interface Query {
  readonly sql: string;
  readonly parameters: readonly QueryParameter[];
  readonly catalog: string;
  readonly schema: string;
  /** Aborts when the client cancels or closes the statement. */
  readonly signal: AbortSignal;
}

/** What a statement came to: rows, or (DDL and the like) none. */
export type QueryResult =
  | { readonly kind: 'rows'; readonly relation: Relation; readonly modifiedRows?: number }
  | { readonly kind: 'done' }
  | { readonly kind: 'use'; readonly catalog?: string; readonly schema?: string };

/** Answers SQL. A failure of the statement itself is thrown as a `SqlError`. */
export interface Engine {
  execute(query: Query): Promise<QueryResult> | QueryResult;
  close(): Promise<void> | void;
}

/** A statement's failure: an error condition of Databricks, its SQLSTATE, and a sentence or two about it. */
export class SqlError extends Error {
  override readonly name = 'SqlError';

  constructor(
    readonly condition: string,
    readonly sqlState: string,
    readonly description: string,
    readonly code = 0,
    /** The start of the statement when absent. */
    readonly at?: SqlPosition,
  ) {
    super(`[${condition}] ${description} SQLSTATE: ${sqlState}`);
  }
}
