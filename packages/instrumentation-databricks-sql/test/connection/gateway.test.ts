import assert from 'node:assert/strict';
import type { DiagLogger } from '@opentelemetry/api';
import { resolveConfig } from '../../src/config';
import type { DatabricksSqlInstrumentationConfig } from '../../src/config';
import { RecordingOwner } from '../support/telemetry-owner';
import { TestBed } from '../support/test-bed';

describe("driverTelemetry: 'gateway'", () => {
  let bed: TestBed;

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    bed.instrumentation.setConfig({ driverTelemetry: 'gateway' });
  });

  async function openSession(options: object): Promise<void> {
    const client = await bed.connect(options);
    const session = await client.openSession();
    await session.close();
    await client.close();
  }

  it('repeats the facts of the connection on the span of openSession', async () => {
    await openSession({ telemetryEnabled: undefined });
    const connect = { ...bed.spanOf('connect').attributes };
    const session = bed.spanOf('open_session').attributes;
    delete connect['databricks.operation'];
    for (const [name, value] of Object.entries(connect)) assert.deepEqual(session[name], value);
    assert.ok('databricks.connection.auth_type' in connect);
    assert.equal(session['databricks.driver.telemetry_enabled'], false);
    assert.ok(!('databricks.connection.opted_out' in session));
  });

  it('marks the spans of a connection whose application opted out', async () => {
    await openSession({ telemetryEnabled: false });
    for (const operation of ['connect', 'open_session']) {
      assert.equal(
        bed.spanOf(operation).attributes['databricks.connection.opted_out'],
        true,
        operation,
      );
    }
  });

  it('asks no consumer, which therefore gets no operation', async () => {
    const owner = new RecordingOwner();
    try {
      await openSession({ telemetryEnabled: undefined });
      assert.deepEqual(owner.operations, []);
    } finally {
      owner.stop();
    }
  });

  it('adds nothing to the spans in the other modes', async () => {
    bed.instrumentation.setConfig({ driverTelemetry: 'auto' });
    await openSession({ telemetryEnabled: false });
    const { attributes } = bed.spanOf('open_session');
    assert.ok(!('databricks.connection.auth_type' in attributes));
    assert.ok(!('databricks.connection.opted_out' in attributes));
  });

  const CASES: readonly (readonly [DatabricksSqlInstrumentationConfig, number])[] = [
    [{ driverTelemetry: 'gateway' }, 0],
    [{ driverTelemetry: 'gateway', connectionSpans: false }, 1],
    [{ driverTelemetry: 'gateway', requireParentSpan: true }, 1],
    [{ driverTelemetry: 'gateway', connectionSpans: false, requireParentSpan: true }, 2],
    [{ driverTelemetry: 'auto', connectionSpans: false, requireParentSpan: true }, 0],
  ];
  for (const [config, count] of CASES) {
    it(`warns ${count} times of ${JSON.stringify(config)}`, () => {
      const warnings: string[] = [];
      const logger = { warn: (message: string) => warnings.push(message) };
      resolveConfig(config, logger as unknown as DiagLogger);
      assert.equal(warnings.length, count, warnings.join('\n'));
    });
  }
});
