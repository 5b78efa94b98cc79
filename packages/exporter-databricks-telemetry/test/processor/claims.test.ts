import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { Worker } from 'node:worker_threads';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  ATTR_DATABRICKS_CONNECTION_ID,
  ATTR_DATABRICKS_OPERATION,
  ATTR_DATABRICKS_SESSION_ID,
  CHANNEL_DATABRICKS_TELEMETRY,
  SCOPE_NAME,
  SYMBOL_DATABRICKS_PUBLISHED,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type {
  ConnectionMessage,
  Operation,
  OperationMessage,
  PublishedOperation,
  TelemetryConnection,
  TelemetryOwner,
} from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { afterEach, describe, it } from 'mocha';
import { DatabricksTelemetrySpanProcessor } from '../../src/processor/processor';
import { assertBalanced } from '../accounting-assertions';
import { SpanSource } from '../spans';
import { RecordingExporter } from '../test-exporter';

const telemetry = channel(CHANNEL_DATABRICKS_TELEMETRY);
const PUBLISHED = Symbol.for(SYMBOL_DATABRICKS_PUBLISHED);

/** A producer that keeps to the contract of the channel. */
class Producer {
  readonly connection: TelemetryConnection;
  owner: TelemetryOwner | undefined;

  constructor(id: string, isOptedOut = false) {
    this.connection = { id, isOptedOut, attributes: {}, access: undefined };
  }

  ask(): TelemetryOwner | undefined {
    const question: ConnectionMessage = {
      type: 'connection',
      connectionId: this.connection.id,
      claim: (owner) => {
        this.owner ??= owner;
        return this.owner === owner ? this.connection : undefined;
      },
    };
    telemetry.publish(question);
    return this.owner;
  }

  operation(kind: Operation, attributes: Attributes = {}): PublishedOperation {
    return {
      connection: this.connection,
      name: kind,
      kind: SpanKind.CLIENT,
      spanContext: () => ({ traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 }),
      startTime: [1, 0],
      endTime: [2, 0],
      duration: [1, 0],
      status: { code: SpanStatusCode.UNSET },
      attributes: {
        [ATTR_DATABRICKS_OPERATION]: kind,
        [ATTR_DATABRICKS_CONNECTION_ID]: this.connection.id,
        ...attributes,
      },
      links: [],
      events: [],
      ended: true,
      resource: { attributes: {} },
      instrumentationScope: { name: SCOPE_NAME, version: '1' },
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    };
  }

  message(operation: PublishedOperation, isReportedByDriver = false): OperationMessage {
    const owner = this.owner;
    return {
      ...operation,
      type: 'operation',
      isReportedByDriver,
      take: (asking) => (asking === owner ? operation : undefined),
    };
  }

  publish(kind: Operation, attributes?: Attributes): void {
    telemetry.publish(this.message(this.operation(kind, attributes)));
  }
}

describe('DatabricksTelemetrySpanProcessor: the telemetry channel', () => {
  const processors: DatabricksTelemetrySpanProcessor[] = [];

  function make(): { processor: DatabricksTelemetrySpanProcessor; exporter: RecordingExporter } {
    const exporter = new RecordingExporter();
    const processor = new DatabricksTelemetrySpanProcessor(exporter);
    processors.push(processor);
    return { processor, exporter };
  }

  afterEach(async () => {
    for (const processor of processors.splice(0)) {
      await processor.shutdown();
      assertBalanced(processor.stats());
    }
  });

  it('reports the operations of the connections it has claimed, without a tracer provider', async () => {
    const { processor, exporter } = make();
    const producer = new Producer('c1');
    assert.notEqual(producer.ask(), undefined);
    producer.publish('open_session', { [ATTR_DATABRICKS_SESSION_ID]: 's1' });
    await processor.forceFlush();
    assert.equal(exporter.records.length, 1);
    assert.equal(exporter.records[0]?.join.claimed, producer.connection);
  });

  it('leaves a connection and its operations to the processor that claimed it first', async () => {
    const first = make();
    const second = make();
    const producer = new Producer('c1');
    producer.ask();
    producer.publish('get_info');
    await Promise.all([first.processor.forceFlush(), second.processor.forceFlush()]);
    assert.deepEqual([first.exporter.records.length, second.exporter.records.length], [1, 0]);
  });

  it('claims nothing with the SDK disabled, which would never flush', () => {
    process.env['OTEL_SDK_DISABLED'] = 'true';
    try {
      make();
    } finally {
      delete process.env['OTEL_SDK_DISABLED'];
    }
    assert.equal(new Producer('c1').ask(), undefined);
  });

  it('claims nothing after its shutdown', async () => {
    const { processor } = make();
    const producer = new Producer('c1');
    producer.ask();
    await processor.shutdown();
    assert.equal(producer.owner?.isOpen, false);
    assert.equal(new Producer('c2').ask(), undefined);
    assert.equal(telemetry.hasSubscribers, false);
  });

  it('ignores spans that are marked as published, however they come', async () => {
    const { processor, exporter } = make();
    const marking = {
      onStart: () => {},
      onEnd: (span: object) => {
        Object.assign(span, { [PUBLISHED]: true });
      },
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    new SpanSource([marking, processor]).openSession();
    const copying = {
      ...marking,
      onEnd: (span: object) => {
        Object.assign(span, { [PUBLISHED]: true });
        processor.onEnd({ ...span } as Parameters<typeof processor.onEnd>[0]);
        processor.onEnd(new Proxy(span, {}) as Parameters<typeof processor.onEnd>[0]);
      },
    };
    new SpanSource([copying]).openSession();
    await processor.forceFlush();
    assert.equal(exporter.records.length, 0);
    new SpanSource([processor]).openSession();
    await processor.forceFlush();
    assert.equal(exporter.records.length, 1, 'a span from elsewhere');
  });

  it('reports nothing of a connection that opted out, and counts what it would have been', async () => {
    const { processor, exporter } = make();
    const producer = new Producer('c1', true);
    producer.ask();
    producer.publish('open_session', { [ATTR_DATABRICKS_SESSION_ID]: 's1' });
    producer.publish('execute_statement', { 'databricks.statement.id': 'a' });
    producer.publish('close_statement', { 'databricks.statement.id': 'a' });
    await processor.forceFlush();
    assert.equal(exporter.records.length, 0);
    const { offered, dropped } = processor.stats();
    assert.deepEqual({ offered, dropped }, { offered: 2, dropped: { opted_out: 2 } });
  });

  it('counts the operations that the driver reports as skipped', () => {
    const { processor } = make();
    const producer = new Producer('c1');
    telemetry.publish(producer.message(producer.operation('get_info'), true));
    assert.equal(processor.stats().skipped, 1);
  });

  it('ignores nonsense on the channel', async () => {
    const { processor, exporter } = make();
    const producer = new Producer('c1');
    producer.ask();
    const genuine = producer.operation('get_info');
    const stranger = new Producer('c2').operation('get_info');
    const throwing = new Proxy(
      {},
      {
        get: () => {
          throw new Error('no');
        },
        has: () => true,
      },
    );
    for (const nonsense of [
      undefined,
      null,
      1,
      'operation',
      {},
      [],
      () => {},
      { type: 'operation' },
      { type: 'connection' },
      { type: 'connection', claim: () => 'a connection' },
      { type: 'operation', take: () => undefined },
      { type: 'operation', take: () => ({}) },
      { type: 'operation', take: () => ({ ...genuine, connection: undefined }) },
      { type: 'operation', take: () => stranger },
      { type: 'operation', take: () => ({ ...genuine, attributes: undefined }) },
      { ...genuine, type: 'operation' },
      throwing,
    ]) {
      telemetry.publish(nonsense);
    }
    await processor.forceFlush();
    assert.equal(exporter.records.length, 0);
    producer.publish('get_info');
    await processor.forceFlush();
    assert.equal(exporter.records.length, 1);
  });

  it('ignores spans without an instrumentation scope', () => {
    const { processor } = make();
    const span = new Producer('c1').operation('get_info');
    processor.onEnd({ ...span, instrumentationScope: undefined } as unknown as PublishedOperation);
    assert.equal(processor.stats().offered, 0);
  });

  it('delivers the last records of a connection when its client was closed', async () => {
    const { exporter } = make();
    const producer = new Producer('c1');
    const owner = producer.ask();
    producer.publish('execute_statement', { 'databricks.statement.id': 'a' });
    await owner?.connectionClosed(producer.connection);
    assert.equal(exporter.records.length, 1);
  });

  it('listens to its own thread alone', async () => {
    make();
    const worker = new Worker(
      `const { channel } = require('node:diagnostics_channel');
       require('node:worker_threads').parentPort.postMessage(
         channel(${JSON.stringify(CHANNEL_DATABRICKS_TELEMETRY)}).hasSubscribers,
       );`,
      { eval: true },
    );
    const answer = await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    assert.equal(answer, false);
  });
});
