import type { Journal, JournaledSpan } from '../journal/journal';
import type { SpanPosition } from '../journal/keys';
import type { Workspace } from '../workspace/workspace';

const READ_AT_ONCE = 500;

/** What of one workspace is in the journal and not in memory. */
interface Backlog {
  /** Position of the last span that was routed. */
  routedUpTo: number;
  /** Position of the last span that waits here. */
  waitsUpTo: number;
  isBehind: boolean;
  isReading: boolean;
}

/**
 * Keeps spans of a workspace in the journal alone while it has as many records in memory as it may, and routes them in
 * their order when there is room: a workspace that does not answer costs disk, not memory.
 */
export class Backlogs {
  readonly #journal: Journal;
  readonly #route: (span: JournaledSpan) => void;
  readonly #failed: (error: unknown) => void;
  readonly #byKey = new Map<string, Backlog>();

  /**
   * @param route hands a span to its workspace
   * @param failed the journal could not be read
   */
  constructor(
    journal: Journal,
    workspaces: ReadonlyMap<string, Workspace>,
    route: (span: JournaledSpan) => void,
    failed: (error: unknown) => void,
  ) {
    this.#journal = journal;
    this.#route = route;
    this.#failed = failed;
    for (const key of workspaces.keys()) {
      this.#byKey.set(key, { routedUpTo: 0, waitsUpTo: 0, isBehind: false, isReading: false });
    }
  }

  /** Whether the workspace has spans that wait in the journal. */
  isBehind(key: string): boolean {
    return this.#byKey.get(key)?.isBehind === true;
  }

  /** A span of an earlier process is in the journal. */
  inherit(position: SpanPosition): void {
    const backlog = this.#byKey.get(position.workspace);
    if (backlog === undefined) return;
    backlog.isBehind = true;
    backlog.waitsUpTo = position.sequence;
  }

  /** Whether a new span waits in the journal, or was routed from there already; else the caller routes it. */
  keeps(position: SpanPosition, workspace: Workspace | undefined): boolean {
    const backlog = this.#byKey.get(position.workspace);
    if (backlog === undefined || workspace === undefined) return false;
    if (position.sequence <= backlog.routedUpTo) return true;
    if (backlog.isBehind || workspace.isFull) {
      backlog.isBehind = true;
      backlog.waitsUpTo = position.sequence;
      return true;
    }
    backlog.routedUpTo = position.sequence;
    return false;
  }

  /** There may be room. Never rejects. */
  async catchUp(workspace: Workspace): Promise<void> {
    const backlog = this.#byKey.get(workspace.key);
    if (backlog === undefined || !backlog.isBehind || backlog.isReading) return;
    backlog.isReading = true;
    try {
      while (backlog.isBehind && !workspace.isFull) await this.#read(backlog, workspace);
    } catch (error) {
      this.#failed(error);
    } finally {
      backlog.isReading = false;
    }
  }

  async #read(backlog: Backlog, workspace: Workspace): Promise<void> {
    const { spans, lastSequence } = await this.#journal.read(
      backlog.routedUpTo,
      READ_AT_ONCE,
      (position) => position.workspace === workspace.key,
    );
    for (const span of spans) {
      this.#route(span);
      backlog.routedUpTo = span.position.sequence;
    }
    backlog.routedUpTo = Math.max(backlog.routedUpTo, Math.min(lastSequence, backlog.waitsUpTo));
    if (backlog.routedUpTo >= backlog.waitsUpTo) backlog.isBehind = false;
  }
}
