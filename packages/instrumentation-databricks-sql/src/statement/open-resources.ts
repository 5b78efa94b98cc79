import type { Attributes } from '@opentelemetry/api';
import type { Connection, SessionFacts } from '../connection/connection';
import { ATTR_DATABRICKS_LEAK_TYPE } from '../semconv';
import type { LeakType } from '../semconv';
import { stackFrames } from '../telemetry/failure';
import type { Telemetry } from '../telemetry/telemetry';

/** Leaks of one process that are logged with the place where they were opened. */
const MAX_LOGGED_LEAKS = 100;
const OWN_FRAME =
  /[\\/]instrumentation-databricks-sql[\\/](?:build|src)[\\/]src[\\/]|node:internal/;

/** A session or statement of the driver that the application has to close. Refers to no object of the driver. */
export interface OpenResource {
  readonly type: LeakType;
  readonly session: SessionFacts;
  /** The attributes of its leak. */
  readonly metric: Attributes;
  /** Whether the up-down counters count it. */
  readonly isCounted: boolean;
  /** The frames of the call that opened it, with `leakStackTraces`. */
  readonly openedAt: string | undefined;
  /** A close is in flight. */
  isClosing: boolean;
}

/**
 * The sessions and statements that were opened and not closed: for `databricks.client.session.active`,
 * `databricks.client.statement.active` and `databricks.client.leak`.
 */
export class OpenResources {
  readonly #byConnection = new Map<Connection, Set<OpenResource>>();
  readonly #sessions = new WeakMap<SessionFacts, OpenResource>();
  readonly #telemetry: Telemetry;
  #loggedLeaks = 0;

  constructor(telemetry: Telemetry) {
    this.#telemetry = telemetry;
  }

  /** The frames of the current call, with `leakStackTraces`. */
  callSite(): string | undefined {
    if (!this.#telemetry.config.leakStackTraces) return undefined;
    const frames = stackFrames(new Error('opened'))?.split('\n') ?? [];
    return frames.filter((frame) => !OWN_FRAME.test(frame)).join('\n');
  }

  /** A statement was submitted. @returns what {@link remove} needs; `undefined` while nothing records it */
  addStatement(
    session: SessionFacts,
    metric: Attributes,
    openedAt: string | undefined,
  ): OpenResource | undefined {
    return this.#add('statement', session, metric, openedAt);
  }

  addSession(session: SessionFacts, openedAt: string | undefined): void {
    const resource = this.#add('session', session, session.metric, openedAt);
    if (resource !== undefined) this.#sessions.set(session, resource);
  }

  sessionResource(session: SessionFacts): OpenResource | undefined {
    return this.#sessions.get(session);
  }

  /** It was closed. */
  remove(resource: OpenResource): void {
    const { connection } = resource.session;
    const open = this.#byConnection.get(connection);
    if (open?.delete(resource) !== true) return;
    if (open.size === 0) this.#byConnection.delete(connection);
    this.#count(resource, -1);
  }

  has(connection: Connection): boolean {
    return this.#byConnection.has(connection);
  }

  /** The client of the connection is closed or gone, over all that is open. What is leaked is reported once. */
  leaked(connection: Connection): void {
    const { guard } = this.#telemetry;
    for (const resource of this.#byConnection.get(connection) ?? []) {
      if (resource.isClosing) continue;
      // Closing the client closes it; a client that is closed again does not leak it again.
      resource.isClosing = true;
      guard.run('leak', () => this.#report(resource));
    }
  }

  /** Stops counting what the connection has open. */
  forget(connection: Connection): void {
    const open = this.#byConnection.get(connection);
    this.#byConnection.delete(connection);
    for (const resource of open ?? []) this.#count(resource, -1);
  }

  forgetAll(): void {
    for (const connection of this.#byConnection.keys()) this.forget(connection);
  }

  #add(
    type: LeakType,
    session: SessionFacts,
    metric: Attributes,
    openedAt: string | undefined,
  ): OpenResource | undefined {
    const isCounted = this.#telemetry.metrics.live;
    if (!isCounted && openedAt === undefined) return undefined;
    const resource = { type, session, metric, isCounted, openedAt, isClosing: false };
    const { connection } = session;
    let open = this.#byConnection.get(connection);
    if (open === undefined) this.#byConnection.set(connection, (open = new Set()));
    open.add(resource);
    this.#count(resource, 1);
    return resource;
  }

  #count({ type, session, isCounted }: OpenResource, change: 1 | -1): void {
    const { metrics } = this.#telemetry;
    if (!isCounted) return;
    if (type === 'session') metrics.addActiveSessions(change, session.metric);
    else metrics.addActiveStatements(change, session.metric);
  }

  #report({ type, metric, openedAt }: OpenResource): void {
    const { metrics, guard } = this.#telemetry;
    if (metrics.live) metrics.recordLeak({ ...metric, [ATTR_DATABRICKS_LEAK_TYPE]: type });
    if (openedAt === undefined || this.#loggedLeaks >= MAX_LOGGED_LEAKS) return;
    this.#loggedLeaks += 1;
    guard.warn(`a ${type} was not closed before its client; it was opened at\n${openedAt}`);
  }
}
