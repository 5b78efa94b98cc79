import { trace } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import * as sinon from 'sinon';
import { clock } from '../../src/clock';
import { exceptionSignal } from '../../src/telemetry/event-log';
import { TestBed } from '../support/test-bed';
import type { Session } from '../support/test-bed';

const SLOW = 'databricks.client.statement.slow';
const EXCEPTION = 'db.client.operation.exception';
const OPT_IN = 'OTEL_SEMCONV_EXCEPTION_SIGNAL_OPT_IN';

class LoggedBed {
  readonly exporter = new InMemoryLogRecordExporter();
  readonly provider = new LoggerProvider({
    processors: [new SimpleLogRecordProcessor({ exporter: this.exporter })],
  });

  constructor(readonly bed: TestBed) {
    bed.instrumentation.setLoggerProvider(this.provider);
  }

  get records(): readonly ReadableLogRecord[] {
    return this.exporter.getFinishedLogRecords();
  }

  /** By name of the event. */
  of(eventName: string): Attributes[] {
    return this.records
      .filter((record) => record.eventName === eventName)
      .map(({ attributes }) => attributes as Attributes);
  }
}

async function run(session: Session, sql: string): Promise<void> {
  const operation = await session.executeStatement(sql);
  await operation.fetchAll();
  await operation.close();
}

function failing(): never {
  throw new Error('the logger failed');
}

/** A test bed whose instrumentation was made with the variable set. */
async function started(optIn?: string): Promise<TestBed> {
  const before = process.env[OPT_IN];
  if (optIn === undefined) delete process.env[OPT_IN];
  else process.env[OPT_IN] = optIn;
  try {
    return await TestBed.start();
  } finally {
    if (before === undefined) delete process.env[OPT_IN];
    else process.env[OPT_IN] = before;
  }
}

describe('log events', () => {
  let bed: TestBed;
  let logs: LoggedBed;

  before(async () => {
    bed = await started();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    logs = new LoggedBed(bed);
  });
  afterEach(() => {
    sinon.restore();
  });

  /** Statements of which the text says `slow` take ten seconds on the clock of the instrumentation. */
  function slowDown(): void {
    let nowMs = 0;
    sinon.stub(clock, 'monotonicMs').callsFake(() => nowMs);
    bed.warehouse.script((sql) => {
      if (sql.includes('slow')) nowMs += 10_000;
      return false;
    }, {});
  }

  it('are the 7 slow and 3 failed of 1,000 statements that are sampled out', async () => {
    bed.sampler = new AlwaysOffSampler();
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    slowDown();
    await bed.withSession(async (session) => {
      for (let index = 0; index < 1000; index += 1) {
        if (index % 150 === 7) await run(session, `SELECT ${index} /* slow */`);
        else if (index % 400 === 3) await assert.rejects(run(session, 'SELECT * FROM nowhere'));
        else await run(session, 'SELECT 1');
      }
    });
    assert.equal(bed.spans.length, 0);
    assert.equal(logs.of(SLOW).length, 7);
    assert.equal(logs.of(EXCEPTION).length, 3);
    assert.equal(logs.records.length, 10);
  });

  it('have the ids of trace, span and statement, the summary and the duration, and no text', async () => {
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    slowDown();
    await bed.withSession((session) => run(session, 'SELECT 1 /* slow */'));
    const span = bed.spanOf('execute_statement');
    const [record] = logs.records;
    assert.equal(record?.eventName, SLOW);
    assert.equal(record.severityText, 'WARN');
    assert.equal(record.severityNumber, 13);
    assert.equal(record.spanContext?.traceId, span.spanContext().traceId);
    assert.equal(record.spanContext.spanId, span.spanContext().spanId);
    const { attributes } = record;
    assert.equal(attributes['databricks.statement.id'], bed.warehouse.statements[0]?.id);
    assert.equal(attributes['databricks.warehouse.id'], bed.warehouse.warehouseId);
    assert.equal(attributes['db.query.summary'], 'SELECT');
    assert.equal(attributes['databricks.statement.state'], 'FINISHED');
    assert.equal(attributes['databricks.statement.duration'], 10);
    assert.equal(attributes['db.query.text'], undefined);
  });

  it('of failures are those of the conventions, once per failure', async () => {
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    bed.warehouse.script('SELECT 2', {
      error: { at: 'fetch' },
      rows: 9,
      pages: 3,
      directResults: false,
    });
    await bed.withSession(async (session) => {
      await assert.rejects(run(session, 'SELECT * FROM nowhere'));
      await assert.rejects(run(session, 'SELECT 2'));
    });
    const [missing, fetch, ...others] = logs.of(EXCEPTION);
    assert.deepEqual(others, []);
    assert.equal(missing?.['error.type'], '42P01');
    assert.equal(missing['databricks.error.condition'], 'TABLE_OR_VIEW_NOT_FOUND');
    assert.equal(missing['exception.message'], 'TABLE_OR_VIEW_NOT_FOUND, SQLSTATE 42P01');
    assert.equal(typeof missing['exception.type'], 'string');
    assert.ok(
      !JSON.stringify(missing).includes('nowhere') ||
        missing['db.query.summary'] === 'SELECT nowhere',
    );
    assert.equal(fetch?.['databricks.operation'], 'fetch');
    assert.equal(fetch['databricks.statement.id'], bed.warehouse.statements[1]?.id);
    assert.equal(logs.of(SLOW).length, 0);
  });

  it('of a slow statement that fails are one', async () => {
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    slowDown();
    await bed.withSession((session) =>
      assert.rejects(run(session, 'SELECT * FROM nowhere /* slow */')),
    );
    assert.deepEqual(
      logs.records.map(({ eventName }) => eventName),
      [EXCEPTION],
    );
  });

  it('need no tracer provider', async () => {
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    bed.instrumentation.setTracerProvider(trace.getTracerProvider());
    try {
      await bed.withSession((session) => assert.rejects(run(session, 'SELECT * FROM nowhere')));
    } finally {
      bed.instrumentation.setTracerProvider(bed.provider);
    }
    assert.equal(logs.of(EXCEPTION).length, 1);
  });

  it('are none by default, and none of an application that only fails', async () => {
    slowDown();
    await bed.withSession(async (session) => {
      await run(session, 'SELECT 1 /* slow */');
      await assert.rejects(run(session, 'SELECT * FROM nowhere'));
    });
    assert.equal(logs.records.length, 0);
    assert.equal(bed.spansOf('execute_statement')[1]?.events.length, 1);
  });

  it('do not affect the application when the logger throws', async () => {
    bed.instrumentation.setConfig({ slowStatementMs: 5000 });
    bed.instrumentation.setLoggerProvider({
      getLogger: () => ({ emit: failing, enabled: () => true }),
    });
    await bed.withSession(async (session) => {
      await assert.rejects(run(session, 'SELECT * FROM nowhere'), /TABLE_OR_VIEW_NOT_FOUND/);
    });
    assert.equal(bed.spanOf('execute_statement').status.code, 2);
  });
});

describe(OPT_IN, () => {
  for (const [optIn, signal] of [
    [undefined, 'spans'],
    ['', 'spans'],
    ['spans', 'spans'],
    ['logs', 'logs'],
    ['logs/dup', 'both'],
    [' other , logs', 'logs'],
    ['logs,logs/dup', 'both'],
  ] as const) {
    it(`${JSON.stringify(optIn)} records exceptions on ${signal}`, () => {
      assert.equal(exceptionSignal(optIn), signal);
    });
  }

  for (const [optIn, spanEvents, records] of [
    ['logs', 0, 1],
    ['logs/dup', 1, 1],
    ['', 1, 0],
  ] as const) {
    it(`${JSON.stringify(optIn)} gives ${spanEvents} span events and ${records} log records`, async () => {
      const bed = await started(optIn);
      try {
        const logs = new LoggedBed(bed);
        await bed.withSession((session) => assert.rejects(run(session, 'SELECT * FROM nowhere')));
        assert.equal(bed.spanOf('execute_statement').events.length, spanEvents);
        assert.equal(logs.of(EXCEPTION).length, records);
        assert.equal(logs.records.length, records);
      } finally {
        await bed.stop();
      }
    });
  }

  it('leaves exceptions on spans while no logger provider is registered', async () => {
    const bed = await started('logs');
    try {
      await bed.withSession((session) => assert.rejects(run(session, 'SELECT * FROM nowhere')));
      assert.equal(bed.spanOf('execute_statement').events.length, 1);
    } finally {
      await bed.stop();
    }
  });
});
