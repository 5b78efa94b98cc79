import type { Attributes } from '@opentelemetry/api';
import type { AbstractBatchOperation } from 'abstract-level';
import { ClassicLevel } from 'classic-level';
import { isObject } from '../otlp/attributes';
import type { ReceivedSpan } from '../otlp/span';
import { clearExpired } from './expiry';
import { CONNECTIONS, DONE, positionAt, range, SPANS, SpanPosition } from './keys';

/** A span of the journal. */
export interface JournaledSpan {
  readonly position: SpanPosition;
  readonly span: ReceivedSpan;
  readonly resource: Attributes;
}

/** What is kept of a connection. */
export interface StoredConnection {
  /** Key of the workspace. */
  readonly host: string;
  readonly attributes: Attributes;
  readonly resource: Attributes;
  /** Whether the attributes are those of `connect`. */
  readonly hasFacts: boolean;
  readonly isOptedOut: boolean;
  readonly isReportedByDriver: boolean;
  /** Epoch milliseconds of the last span. */
  readonly lastSeenMs: number;
}

/** A call, or a statement with all its spans, that was reported or dropped for good. */
export interface DoneGroup {
  /** The statement's id, or the span's key where there is none. */
  readonly group: string;
  /** Keys of the spans that it was made of. */
  readonly spanKeys: readonly string[];
}

type Write = AbstractBatchOperation<ClassicLevel, string, string>;

export interface JournalOptions {
  readonly directory: string;
  /** Whether an acknowledged span survives a power cut as well, at the cost of one flush of the disk per request. */
  readonly sync: boolean;
}

/**
 * Acknowledged spans that are not reported yet, facts of connections, and what was reported, on disk. A span is in it from
 * before its acknowledgement until its record was delivered or dropped for good.
 */
export class Journal {
  readonly #database: ClassicLevel;
  readonly #sync: boolean;
  #lastSequence = 0;
  #spans = 0;

  private constructor(database: ClassicLevel, sync: boolean) {
    this.#database = database;
    this.#sync = sync;
  }

  /** Rejects when the directory cannot be written, or another process has opened it. */
  static async open({ directory, sync }: JournalOptions): Promise<Journal> {
    const database = new ClassicLevel(directory);
    await database.open();
    const journal = new Journal(database, sync);
    for await (const key of database.keys(range(SPANS))) {
      journal.#lastSequence = SpanPosition.parse(key)?.sequence ?? journal.#lastSequence;
      journal.#spans += 1;
    }
    return journal;
  }

  /** Spans that are kept. */
  get spans(): number {
    return this.#spans;
  }

  /** Position of the next span: later than all before, also of earlier processes. */
  nextPosition(workspace: string, spanKey: string): SpanPosition {
    this.#lastSequence = Math.max(this.#lastSequence + 1, positionAt(Date.now()));
    return new SpanPosition(this.#lastSequence, workspace, spanKey);
  }

  /** Resolves when the spans and connections survive the end of this process. */
  async add(
    spans: readonly JournaledSpan[],
    connections: ReadonlyMap<string, StoredConnection>,
  ): Promise<void> {
    const writes: Write[] = spans.map(({ position, span, resource }) => ({
      type: 'put',
      key: position.key,
      value: JSON.stringify({ span, resource }),
    }));
    for (const [id, connection] of connections) {
      writes.push({ type: 'put', key: CONNECTIONS + id, value: JSON.stringify(connection) });
    }
    if (writes.length === 0) return;
    await this.#database.batch(writes, { sync: this.#sync });
    this.#spans += spans.length;
  }

  /** Removes the spans at `positions`, and remembers the groups that are done. */
  async settle(positions: readonly SpanPosition[], done: readonly DoneGroup[]): Promise<void> {
    const prefix = DONE + SpanPosition.textOf(positionAt(Date.now()));
    const writes: Write[] = positions.map(({ key }) => ({ type: 'del', key }));
    for (const { group, spanKeys } of done) {
      writes.push({
        type: 'put',
        key: `${prefix}!${group}`,
        value: JSON.stringify({ group, spanKeys }),
      });
    }
    if (writes.length === 0) return;
    await this.#database.batch(writes, { sync: false });
    this.#spans -= positions.length;
  }

  async forgetConnections(ids: readonly string[]): Promise<void> {
    await this.#database.batch(ids.map((id) => ({ type: 'del', key: CONNECTIONS + id })));
  }

  /** The spans after `sequence` for which `isWanted` is true, `limit` positions at most, oldest first. */
  async read(
    sequence: number,
    limit: number,
    isWanted: (position: SpanPosition) => boolean,
  ): Promise<{ readonly spans: readonly JournaledSpan[]; readonly lastSequence: number }> {
    const keys = await this.#database
      .keys({ ...range(SPANS + SpanPosition.textOf(sequence + 1)), lt: range(SPANS).lt, limit })
      .all();
    const positions = keys
      .map((key) => SpanPosition.parse(key))
      .filter((each) => each !== undefined);
    const wanted = positions.filter(isWanted);
    const values = await this.#database.getMany(wanted.map(({ key }) => key));
    const spans = wanted.flatMap((position, index) => {
      const value = parse(values[index]);
      // What cannot be read was not written by this version.
      if (!isObject(value) || !isObject(value['span'])) return [];
      return [{ ...(value as unknown as Omit<JournaledSpan, 'position'>), position }];
    });
    return { spans, lastSequence: positions.at(-1)?.sequence ?? Number.POSITIVE_INFINITY };
  }

  async *positions(): AsyncGenerator<SpanPosition> {
    for await (const key of this.#database.keys(range(SPANS))) {
      const position = SpanPosition.parse(key);
      if (position !== undefined) yield position;
    }
  }

  async *connections(): AsyncGenerator<readonly [string, StoredConnection]> {
    for await (const [key, text] of this.#database.iterator(range(CONNECTIONS))) {
      const value = parse(text);
      if (isObject(value)) {
        yield [key.slice(CONNECTIONS.length), value as unknown as StoredConnection];
      }
    }
  }

  async *done(): AsyncGenerator<DoneGroup> {
    for await (const text of this.#database.values(range(DONE))) {
      const value = parse(text);
      if (isObject(value) && Array.isArray(value['spanKeys'])) yield value as unknown as DoneGroup;
    }
  }

  /** Removes what is older, in epoch milliseconds. @returns the spans that were removed */
  async expire(spansBeforeMs: number, doneBeforeMs: number): Promise<number> {
    const expired = await clearExpired(this.#database, spansBeforeMs, doneBeforeMs);
    this.#spans -= expired;
    return expired;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function parse(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
