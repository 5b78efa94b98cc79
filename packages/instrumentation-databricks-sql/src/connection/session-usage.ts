import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_SESSION_DURATION,
  ATTR_DATABRICKS_SESSION_IDLE_DURATION,
  ATTR_DATABRICKS_SESSION_STATEMENT_COUNT,
} from '../semconv';

/** What a session was used for. Times are those of `performance.now()`. */
export class SessionUsage {
  #openedMs: number | undefined = undefined;
  #statementCount = 0;
  #openStatements = 0;
  #idleSinceMs = 0;
  #idleMs = 0;

  opened(nowMs: number): void {
    this.#openedMs = nowMs;
    this.#idleSinceMs = nowMs;
  }

  statementBegan(nowMs: number): void {
    if (this.#openStatements === 0) this.#idleMs += Math.max(0, nowMs - this.#idleSinceMs);
    this.#openStatements += 1;
    this.#statementCount += 1;
  }

  /** It was closed or canceled, or its submit failed. */
  statementEnded(nowMs: number): void {
    this.#openStatements -= 1;
    this.#idleSinceMs = nowMs;
  }

  /** For the span of the close; `undefined` for a session that was opened before it was patched. */
  attributes(closedMs: number): Attributes | undefined {
    if (this.#openedMs === undefined) return undefined;
    const sinceMs = this.#openStatements === 0 ? Math.max(0, closedMs - this.#idleSinceMs) : 0;
    return {
      [ATTR_DATABRICKS_SESSION_DURATION]: (closedMs - this.#openedMs) / 1000,
      [ATTR_DATABRICKS_SESSION_STATEMENT_COUNT]: this.#statementCount,
      [ATTR_DATABRICKS_SESSION_IDLE_DURATION]: (this.#idleMs + sinceMs) / 1000,
    };
  }
}
