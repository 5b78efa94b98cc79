import type { Engine } from './engine/engine';
import { COMMAND_RESULT, planResult } from './results/result-plan';
import { mergeQueryTags } from './query-tags';
import type { QueryTags } from './query-tags';
import { Scripts } from './scripts';
import { Sessions } from './session';
import type { Session } from './session';
import { Statement } from './statement';
import type { StatementFacts } from './statement';
import type { ResultStorage } from './storage/result-storage';
import type { Volumes } from './storage/volumes';

export interface WarehouseSettings {
  /** The newest Thrift protocol version that the server speaks, e.g. 0xa508. */
  readonly protocolVersion: number;
  /** Results of at least this many rows go to CloudFetch when the client can download. */
  readonly cloudFetchMinRows: number;
  /** How many statements are remembered. */
  readonly logCapacity: number;
}

/** What every protocol endpoint shares: sessions, statements, scripts, the engine, the storage. */
export class Warehouse {
  readonly sessions = new Sessions();
  readonly scripts = new Scripts();
  /** Whether sessions and statements with query tags fail, as in a workspace without that feature. */
  refusesQueryTags = false;
  readonly #statements: Statement[] = [];

  constructor(
    readonly engine: Engine,
    readonly storage: ResultStorage,
    readonly volumes: Volumes,
    readonly settings: WarehouseSettings,
    /** Aborts when the warehouse stops. */
    readonly signal: AbortSignal,
  ) {}

  get statements(): readonly StatementFacts[] {
    return this.#statements;
  }

  /** Begins a statement in a session, under the script that is meant for it. */
  begin(
    session: Session,
    operation: string,
    sql: string | undefined,
    queryTags: QueryTags = {},
  ): Statement {
    const statement = new Statement(
      session.id,
      operation,
      sql,
      this.scripts.apply(sql ?? operation),
      mergeQueryTags(session.queryTags, queryTags),
    );
    session.statements.set(statement.id, statement);
    this.#statements.push(statement);
    const { logCapacity } = this.settings;
    if (this.#statements.length >= 2 * logCapacity) this.#statements.splice(0, logCapacity);
    return statement;
  }

  /** Moves the statement on, and plans its result when it has just finished. */
  advance(session: Session, statement: Statement): void {
    statement.advance();
    if (statement.state !== 'FINISHED' || statement.plan) return;
    const { outcome, relation, script, capabilities } = statement;
    if (outcome && 'kind' in outcome && outcome.kind === 'use') {
      session.catalog = outcome.catalog ?? session.catalog;
      session.schema = outcome.schema ?? session.schema;
    }
    const { cloudFetchMinRows } = this.settings;
    statement.plan = relation
      ? planResult(relation, script, capabilities, cloudFetchMinRows)
      : planResult(COMMAND_RESULT, {}, capabilities, cloudFetchMinRows);
  }

  clearLog(): void {
    this.#statements.length = 0;
  }
}
