import { context, createContextKey, SpanStatusCode, trace } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import { AsyncLocalStorage } from 'node:async_hooks';
import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel';
import * as semconv from '../../src/semconv';
import type {
  OperationFacts,
  OperationMessage,
  PublishedOperation,
  TelemetryMessage,
} from '../../src/semconv';
import { RecordingOwner } from '../support/telemetry-owner';
import { TestBed } from '../support/test-bed';

const { CHANNEL_DATABRICKS_TELEMETRY, SYMBOL_DATABRICKS_PUBLISHED } = semconv;
const PUBLISHED = Symbol.for(SYMBOL_DATABRICKS_PUBLISHED);
const NAMES: ReadonlySet<unknown> = new Set(Object.values(semconv));

describe('the telemetry channel', () => {
  let bed: TestBed;
  let owner: RecordingOwner;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    owner = new RecordingOwner();
  });
  afterEach(() => {
    owner.stop();
  });

  async function story(sql = 'SELECT 1', options: object = {}): Promise<void> {
    const client = await bed.connect({ telemetryEnabled: undefined, ...options });
    const session = await client.openSession();
    try {
      const operation = await session.executeStatement(sql);
      await operation.fetchAll();
      await operation.close();
    } catch {
      // What the story is about is what was published.
    }
    await session.close();
    await client.close();
  }

  it('brings each ended operation once, fetches and downloads only when they fail', async () => {
    await story();
    assert.deepEqual(owner.kinds, [
      'connect',
      'open_session',
      'execute_statement',
      'close_statement',
      'close_session',
    ]);
    for (const { attributes, ended, instrumentationScope } of owner.operations) {
      assert.equal(ended, true);
      assert.equal(instrumentationScope.name, semconv.SCOPE_NAME);
      for (const name of Object.keys(attributes)) assert.ok(NAMES.has(name), name);
      assert.ok(!('db.query.text' in attributes), 'never SQL');
    }
  });

  it('carries the ids of the sampled span, the same at every call, or ids of its own', async () => {
    await story();
    const statement = owner.operations.find(({ attributes }) =>
      String(attributes['databricks.operation']).startsWith('execute'),
    );
    assert.equal(
      statement?.spanContext().spanId,
      bed.spanOf('execute_statement').spanContext().spanId,
    );
    bed.sampler = new AlwaysOffSampler();
    bed.instrumentation.setConfig({ requireParentSpan: true });
    await story();
    const last = owner.operations.at(-1);
    assert.match(last?.spanContext().traceId ?? '', /^[0-9a-f]{32}$/);
    assert.deepEqual(last?.spanContext(), last?.spanContext());
  });

  it('takes the time of the wall clock at the end, and the rest from the monotonic clock', async () => {
    const beforeMs = Date.now();
    await story('SELECT 1 /* local-warehouse: polls=2 */');
    const afterMs = Date.now();
    for (const { startTime, endTime, duration } of owner.operations) {
      const [start, end, length] = [startTime, endTime, duration].map(
        ([seconds, nanoseconds]) => seconds * 1000 + nanoseconds / 1e6,
      ) as [number, number, number];
      assert.ok(start >= beforeMs - 1 && end <= afterMs + 1);
      assert.ok(Math.abs(end - start - length) < 1);
    }
  });

  it('describes a failure by the class of its error, and shows it once', async () => {
    for (const sampler of [bed.sampler, new AlwaysOffSampler()]) {
      bed.sampler = sampler;
      owner.operations.length = 0;
      await story('SELECT * FROM nowhere');
      const failed = owner.operations.filter(({ status }) => status.code === SpanStatusCode.ERROR);
      const events = failed.flatMap((operation) => operation.events);
      assert.deepEqual(
        events.map(({ name, attributes }) => [name, attributes['exception.type']]),
        [['exception', 'OperationStateError']],
      );
    }
  });

  it('knows what the results of a statement amount to before it is closed', async () => {
    const client = await bed.connect({ telemetryEnabled: undefined });
    const session = await client.openSession();
    const operation = await session.executeStatement('SELECT * FROM range(7)');
    assert.equal(owner.operations.find(isStatement)?.totals?.(), undefined);
    await operation.fetchAll();
    const totals = owner.operations.find(isStatement)?.totals?.();
    assert.equal(totals?.['databricks.result.row_count'], 7);
    assert.equal(totals?.['databricks.result.format'], 'inline_arrow');
    await operation.close();
    await session.close();
    await client.close();
  });

  it('marks every span of an operation while it has subscribers, and none without', async () => {
    await story('SELECT * FROM range(20) /* local-warehouse: cloudfetch=2 */');
    assert.ok(bed.spans.length > 5);
    assert.ok(bed.spans.every(isMarked));
    owner.stop();
    bed.reset();
    await story();
    assert.ok(bed.spans.length > 4);
    assert.ok(!bed.spans.some(isMarked));
  });

  it('is not harmed by subscribers that freeze, change and take messages apart', async () => {
    owner.stop();
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, meddle);
    owner = new RecordingOwner();
    await story('SELECT * FROM nowhere');
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, meddle);
    assert.ok(owner.operations.length >= 4);
    for (const { attributes, startTime, status } of owner.operations) {
      assert.notEqual(attributes['databricks.operation'], undefined);
      assert.notEqual(startTime[0], 0);
      assert.notEqual(status.message, 'changed');
    }
    assert.equal(owner.operations.flatMap(({ events }) => events).length, 1);
  });

  it('shows every subscriber each member of an operation as its owner gets it, as copies', async () => {
    const seen: OperationMessage[] = [];
    const watch = (message: unknown): void => {
      const received = message as TelemetryMessage;
      if (received.type === 'operation') seen.push(received);
    };
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, watch);
    await story('SELECT * FROM nowhere');
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, watch);
    assert.equal(seen.length, owner.operations.length);
    for (const [index, operation] of owner.operations.entries()) {
      const message = seen[index];
      assert.ok(message !== undefined);
      assert.deepEqual(factsOf(message), factsOf(operation));
      assert.deepEqual(message.spanContext(), operation.spanContext());
      assert.notEqual(message.spanContext(), operation.spanContext());
    }
  });

  it('loses nothing beside subscribers that throw or reject, whose errors are theirs alone', async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const emitter: NodeJS.EventEmitter = process;
    const listeners = events.map((event) => emitter.listeners(event) as ((e: Error) => void)[]);
    const messages = new Set<string>();
    const collect = (error: Error): void => {
      messages.add(error.message);
    };
    for (const event of events) emitter.removeAllListeners(event).on(event, collect);
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, throwing);
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, rejecting);
    await story();
    await new Promise((resolve) => setImmediate(resolve));
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, throwing);
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, rejecting);
    for (const [index, event] of events.entries()) {
      emitter.off(event, collect);
      for (const listener of listeners[index] ?? []) emitter.on(event, listener);
    }
    assert.deepEqual([...messages].toSorted(), ['rejects', 'throws']);
    assert.equal(owner.operations.length, 5);
    assert.equal(bed.spansOf('execute_statement').length, 1);
  });

  it('gives an operation to nothing but the owner, and once', async () => {
    const stranger = { isOpen: true, connectionClosed: () => Promise.resolve() };
    await story();
    for (const message of owner.messages) {
      assert.equal(message.take(stranger), undefined);
      assert.equal(message.take(owner), undefined, 'a second time');
      assert.ok(!JSON.stringify(message).includes(bed.warehouse.token));
    }
  });

  it('is claimed by the first open consumer, while the question lasts', async () => {
    const second = new RecordingOwner();
    let late: (() => unknown) | undefined;
    const dawdle = (message: unknown): void => {
      const { type } = message as { type: string };
      if (type === 'connection') {
        late = () => (message as { claim(owner: object): unknown }).claim(second);
      }
    };
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, dawdle);
    await story();
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, dawdle);
    second.stop();
    assert.equal(second.operations.length, 0);
    assert.equal(late?.(), undefined);
  });

  it('asks again when the owner has shut down', async () => {
    const client = await bed.connect({ telemetryEnabled: undefined });
    owner.stop();
    const next = new RecordingOwner();
    const session = await client.openSession();
    await session.close();
    await client.close();
    next.stop();
    assert.deepEqual(next.kinds, ['open_session', 'close_session']);
    assert.equal(next.connections[0], owner.connections[0]);
    assert.deepEqual([owner.closed.length, next.closed.length], [0, 1]);
  });

  it('is not kept busy by a consumer that claims nothing, or answers nonsense', async () => {
    owner.stop();
    const seen: unknown[] = [];
    const watch = (message: unknown): void => {
      seen.push(message);
      const { claim } = message as { claim?: (owner: unknown) => unknown };
      for (const nonsense of [undefined, null, 1, {}, { isOpen: true }]) claim?.(nonsense);
    };
    subscribe(CHANNEL_DATABRICKS_TELEMETRY, watch);
    await story();
    unsubscribe(CHANNEL_DATABRICKS_TELEMETRY, watch);
    assert.ok(seen.length > 0);
  });

  it('leaves the driver alone though a store is bound to it', async () => {
    owner.stop();
    const storage = new AsyncLocalStorage();
    channel(CHANNEL_DATABRICKS_TELEMETRY).bindStore(storage);
    await story();
    channel(CHANNEL_DATABRICKS_TELEMETRY).unbindStore(storage);
    assert.equal(bed.spansOf('execute_statement').length, 1);
  });

  it('publishes nothing of what was begun with tracing suppressed', async () => {
    const key = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
    await context.with(context.active().setValue(key, true), () => story());
    assert.deepEqual(owner.kinds, []);
  });

  it('knows statements without a context manager, and uses none of its own beside one', async () => {
    await story();
    const active = trace.getActiveSpan();
    context.disable();
    owner.operations.length = 0;
    await story('SELECT 1 /* local-warehouse: polls=2 direct=off */');
    const statement = owner.operations.find(
      ({ attributes }) => attributes['databricks.operation'] === 'execute_statement',
    );
    assert.equal(active, undefined);
    assert.equal(statement?.attributes['databricks.statement.poll_count'], 2);
    assert.equal(statement?.attributes['databricks.statement.direct_results'], false);
    bed.restoreContext();
  });

  it('has the last operations of every connection delivered when the instrumentation is disabled', async () => {
    const client = await bed.connect({ telemetryEnabled: undefined });
    const session = await client.openSession();
    await session.executeStatement('SELECT 1 /* local-warehouse: polls=forever */', {
      runAsync: true,
    });
    bed.instrumentation.disable();
    assert.equal(owner.closed.length, 1);
    assert.equal(owner.kinds.at(-1), 'execute_statement');
    bed.instrumentation.enable();
    await session.close();
    await client.close();
    assert.equal(owner.kinds.at(-1), 'close_session');
    assert.equal(owner.closed.length, 2);
  });
});

const MEMBERS = [
  'name',
  'kind',
  'startTime',
  'endTime',
  'duration',
  'status',
  'links',
  'events',
  'ended',
  'resource',
  'instrumentationScope',
  'droppedAttributesCount',
  'droppedEventsCount',
  'droppedLinksCount',
] as const satisfies (keyof OperationFacts)[];

function factsOf(facts: OperationFacts): object {
  const attributes = Object.entries(facts.attributes).filter(([, value]) => value !== undefined);
  return {
    attributes: Object.fromEntries(attributes),
    ...Object.fromEntries(MEMBERS.map((member) => [member, facts[member]])),
  };
}

function isMarked(span: object): boolean {
  return Reflect.get(span, PUBLISHED) === true;
}

/** Changes whatever of a message can be changed. */
function meddle(message: unknown): void {
  const { attributes, status, events, startTime } = message as OperationMessage;
  for (const name of Object.keys(attributes ?? {})) delete attributes[name];
  if (startTime !== undefined) startTime[0] = 0;
  if (status !== undefined) status.message = 'changed';
  events?.splice(0);
  Object.freeze(message);
}

function throwing(): void {
  throw new Error('throws');
}

function rejecting(): unknown {
  return Promise.reject(new Error('rejects'));
}

function isStatement({ attributes }: PublishedOperation): boolean {
  return attributes['databricks.operation'] === 'execute_statement';
}
