import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_STATEMENT_ID,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  OPERATION_CLOSE_SESSION,
  OPERATION_CLOUDFETCH_DOWNLOAD,
  OPERATION_CONNECT,
  OPERATION_FETCH,
  OPERATION_OPEN_SESSION,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Journal, JournaledSpan, StoredConnection } from '../journal/journal';
import type { ReceivedSpan, SpanOfProcess } from '../otlp/span';
import { spanKey } from '../otlp/span';
import type { RecentIds } from '../recent-ids';
import { groupOf, isStatement } from '../workspace/open-groups';
import type { Workspace } from '../workspace/workspace';
import type { Backlogs } from './backlogs';
import { Connections } from './connections';
import { factsOf, RemoteConnection } from './remote-connection';
import { Verdicts } from './verdicts';
import { WaitingRoom } from './waiting-room';

const DEFAULT_PORT = 443;

/** The journal of a workspace has reached its bound. */
export class JournalFullError extends Error {
  override readonly name = 'JournalFullError';

  constructor(readonly workspace: string) {
    super(`the journal has no more room for ${workspace}`);
  }
}

/** What the intake works with. */
export interface IntakeParts {
  readonly journal: Journal;
  readonly workspaces: ReadonlyMap<string, Workspace>;
  readonly backlogs: Backlogs;
  readonly verdicts: Verdicts;
  /** Keys of spans that came. */
  readonly seen: RecentIds;
  /** Groups and records that were reported. */
  readonly done: RecentIds;
  readonly maxConnections: number;
  readonly reorderMs: number;
  connectionForgotten(connection: RemoteConnection): void;
}

type LateVerdict = 'hostRefused' | 'optedOut' | 'reportedByDriver' | 'hostUnknown';

/** A span that is to be journaled, with what is known of it. */
interface Admitted extends SpanOfProcess {
  /** `undefined` where only the connection, which is not known yet, can tell. */
  readonly workspace: Workspace | undefined;
}

/** Decides what becomes of each received span, has it journaled, and hands it to its workspace. */
export class Intake {
  readonly #parts: IntakeParts;
  readonly #connections: Connections;
  readonly #waiting: WaitingRoom;
  /** Closes of sessions: they complete the statements that are open, so the spans of these come first. */
  readonly #closing: WaitingRoom;
  /** One request is stored after the other, so that spans reach their workspaces in the order of the journal. */
  #storing: Promise<unknown> = Promise.resolve();

  constructor(parts: IntakeParts) {
    this.#parts = parts;
    this.#connections = new Connections(parts.maxConnections);
    this.#waiting = new WaitingRoom(parts.reorderMs, (id, spans) => this.#factsMissing(id, spans));
    this.#closing = new WaitingRoom(parts.reorderMs, (id, spans) => {
      const connection = this.#connections.get(id.slice(0, id.lastIndexOf('/')));
      for (const each of spans) if (connection !== undefined) this.#take(each, connection);
    });
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Spans that wait for others that may come after them. */
  get waiting(): number {
    return this.#waiting.size + this.#closing.size;
  }

  /** A connection of an earlier process of the gateway. */
  restore(id: string, stored: StoredConnection): void {
    const workspace = this.#parts.workspaces.get(stored.host);
    if (workspace !== undefined) this.#add(RemoteConnection.restore(id, workspace, stored));
  }

  /**
   * Takes the spans of one request. Resolves with what became of them, when they survive the end of this process.
   *
   * @throws JournalFullError, or the error of the journal; the request may then be sent again
   */
  accept(spans: readonly SpanOfProcess[]): Promise<Verdicts> {
    const stored = this.#storing.then(() => this.#store(spans));
    this.#storing = stored.catch(() => undefined);
    return stored;
  }

  /** Hands a journaled span to its workspace, or has it wait for the facts of its connection. */
  route(journaled: JournaledSpan): void {
    const connectionId = connectionIdOf(journaled.span) ?? '';
    const connection = this.#connections.get(connectionId);
    if (connection?.isDescribed === true) this.#handOver(journaled, connection);
    else this.#waiting.add(connectionId, journaled);
  }

  /** Forgets the connections that were not seen since, in epoch milliseconds. */
  async forgetIdle(beforeMs: number): Promise<void> {
    const idle = this.#connections.removeIdle(beforeMs);
    for (const connection of idle) this.#parts.connectionForgotten(connection);
    await this.#parts.journal.forgetConnections(idle.map(({ id }) => id));
  }

  close(): void {
    this.#waiting.close();
    this.#closing.close();
  }

  async #store(spans: readonly SpanOfProcess[]): Promise<Verdicts> {
    const { journal, seen, backlogs } = this.#parts;
    const verdicts = new Verdicts();
    const fresh = this.#withoutDuplicates(spans, verdicts);
    // Facts first: spans of one request may be in any order.
    const learnt = this.#learn(fresh);
    const admitted = fresh.flatMap((each) => this.#admit(each, verdicts));
    for (const { workspace } of admitted) {
      if (workspace?.isJournalFull === true) throw new JournalFullError(workspace.key);
    }
    const journaled = admitted.map(({ span, resource, workspace }) => ({
      position: journal.nextPosition(workspace?.key ?? '', spanKey(span)),
      span,
      resource,
    }));
    await journal.add(
      journaled,
      new Map([...learnt].map((connection) => [connection.id, connection.toStored()])),
    );
    for (const { span } of fresh) seen.add(spanKey(span));
    verdicts.accepted += journaled.length;
    this.#parts.verdicts.add(verdicts);
    for (const connection of learnt) this.#release(connection);
    for (const [index, each] of journaled.entries()) {
      const workspace = admitted[index]?.workspace;
      if (workspace !== undefined) workspace.journaled += 1;
      if (!backlogs.keeps(each.position, workspace)) this.route(each);
    }
    return verdicts;
  }

  #withoutDuplicates(spans: readonly SpanOfProcess[], verdicts: Verdicts): SpanOfProcess[] {
    const { seen } = this.#parts;
    const keys = new Set<string>();
    const fresh = spans.filter(({ span }) => {
      const key = spanKey(span);
      if (seen.has(key) || keys.has(key)) return false;
      keys.add(key);
      return true;
    });
    verdicts.duplicate += spans.length - fresh.length;
    return fresh;
  }

  /** Takes the facts of connections that are in the list. @returns the connections */
  #learn(spans: readonly SpanOfProcess[]): ReadonlySet<RemoteConnection> {
    const learnt = new Set<RemoteConnection>();
    for (const { span, resource } of spans) {
      const { operation } = span;
      if (operation !== OPERATION_CONNECT && operation !== OPERATION_OPEN_SESSION) continue;
      const id = connectionIdOf(span);
      const workspace = this.#workspaceNamedBy(span);
      if (id === undefined || !isWorkspace(workspace)) continue;
      const connection = this.#connections.get(id) ?? this.#begin(id, workspace, span, resource);
      if (connection.destinationKey !== workspace.key) continue;
      connection.learn(span, resource);
      learnt.add(connection);
    }
    return learnt;
  }

  /** The span, when it is to be journaled; counts it otherwise. */
  #admit({ span, resource }: SpanOfProcess, verdicts: Verdicts): Admitted[] {
    const { done } = this.#parts;
    const id = connectionIdOf(span);
    if (id === undefined) {
      verdicts.malformed += 1;
      return [];
    }
    const connection = this.#connections.get(id);
    const named = this.#workspaceNamedBy(span);
    const isElsewhere =
      isWorkspace(named) && connection !== undefined && connection.destinationKey !== named.key;
    if (named === 'refused' || isElsewhere) {
      verdicts.hostRefused += 1;
      return [];
    }
    if (connection !== undefined) this.#connections.seen(connection, Date.now());
    if (connection?.isReportedByDriver === true) {
      verdicts.reportedByDriver += 1;
      return [];
    }
    if (connection?.isOptedOut === true) {
      verdicts.optedOut += 1;
      return [];
    }
    // Its facts are all that telemetry needs of a connection.
    if (span.operation === OPERATION_CONNECT && !span.hasFailed) {
      verdicts.accepted += 1;
      return [];
    }
    if (!makesRecords(span)) {
      verdicts.ignored += 1;
      return [];
    }
    const group = groupOf(span);
    if (done.has(group) && (isStatement(span) || !span.hasFailed)) {
      verdicts.late += 1;
      return [];
    }
    const workspace = named ?? this.#parts.workspaces.get(connection?.destinationKey ?? '');
    return [{ span, resource, workspace }];
  }

  #workspaceNamedBy({ attributes }: ReceivedSpan): Workspace | 'refused' | undefined {
    const address = attributes[ATTR_SERVER_ADDRESS];
    if (typeof address !== 'string') return undefined;
    const port = attributes[ATTR_SERVER_PORT] ?? DEFAULT_PORT;
    const host = address.trim().toLowerCase().replace(/\.$/, '');
    return this.#parts.workspaces.get(`${host}:${String(port)}`) ?? 'refused';
  }

  #begin(
    id: string,
    workspace: Workspace,
    { attributes }: ReceivedSpan,
    resource: Attributes,
  ): RemoteConnection {
    const connection = new RemoteConnection(id, workspace, factsOf(attributes), resource);
    this.#add(connection);
    return connection;
  }

  #add(connection: RemoteConnection): void {
    const removed = this.#connections.add(connection);
    if (removed === undefined) return;
    this.#parts.connectionForgotten(removed);
    this.#parts.journal.forgetConnections([removed.id]).catch(() => undefined);
  }

  #release(connection: RemoteConnection): void {
    if (!connection.isDescribed) return;
    for (const each of this.#waiting.take(connection.id)) this.#handOver(each, connection);
  }

  /** The facts of a connection did not come: its spans are reported without them, where their host is known. */
  #factsMissing(id: string, spans: readonly JournaledSpan[]): void {
    const { workspaces } = this.#parts;
    let connection = this.#connections.get(id);
    for (const { position, span, resource } of spans) {
      const workspace = workspaces.get(position.workspace);
      if (workspace !== undefined) connection ??= this.#begin(id, workspace, span, resource);
    }
    connection?.giveUpFacts();
    for (const each of spans) {
      if (connection !== undefined) this.#handOver(each, connection);
      else this.#discard(each, 'hostUnknown');
    }
  }

  #handOver(journaled: JournaledSpan, connection: RemoteConnection): void {
    const { position } = journaled;
    const isElsewhere =
      position.workspace !== '' && position.workspace !== connection.destinationKey;
    const workspace = this.#parts.workspaces.get(connection.destinationKey);
    if (workspace === undefined || isElsewhere) this.#discard(journaled, 'hostRefused');
    else if (connection.isReportedByDriver) this.#discard(journaled, 'reportedByDriver');
    else if (connection.isOptedOut) this.#discard(journaled, 'optedOut');
    else if (journaled.span.operation === OPERATION_CLOSE_SESSION) {
      this.#closing.add(`${connection.id}/${position.spanKey}`, journaled);
    } else workspace.take(journaled, connection);
  }

  #take(journaled: JournaledSpan, connection: RemoteConnection): void {
    this.#parts.workspaces.get(connection.destinationKey)?.take(journaled, connection);
  }

  /** It was accepted before this was known. */
  #discard({ position }: JournaledSpan, verdict: LateVerdict): void {
    const { verdicts, journal, workspaces } = this.#parts;
    verdicts[verdict] += 1;
    verdicts.accepted -= 1;
    const workspace = workspaces.get(position.workspace);
    if (workspace !== undefined) workspace.journaled -= 1;
    journal.settle([position], []).catch(() => undefined);
  }
}

function connectionIdOf({ attributes }: ReceivedSpan): string | undefined {
  const id = attributes[ATTR_DATABRICKS_CONNECTION_ID];
  return typeof id === 'string' && id !== '' ? id : undefined;
}

function isWorkspace(named: Workspace | 'refused' | undefined): named is Workspace {
  return named !== undefined && named !== 'refused';
}

/** A fetch or a download without a statement matters only when it failed. */
function makesRecords({ operation, hasFailed, attributes }: ReceivedSpan): boolean {
  const isPart = operation === OPERATION_FETCH || operation === OPERATION_CLOUDFETCH_DOWNLOAD;
  return !isPart || hasFailed || attributes[ATTR_DATABRICKS_STATEMENT_ID] !== undefined;
}
