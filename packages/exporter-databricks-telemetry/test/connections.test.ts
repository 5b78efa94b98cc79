import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { Connections } from '../src/connections';
import type { ReadableSpan } from '../src/otel';
import { DiagRecorder } from './diag-recorder';

function of(connectionId: string, attributes: Attributes = {}): ReadableSpan {
  return {
    attributes: { 'databricks.connection.id': connectionId, ...attributes },
  } as unknown as ReadableSpan;
}

describe('Connections', () => {
  const reporting = { 'databricks.driver.telemetry_enabled': true };

  it('keep the facts of each, until it is forgotten', () => {
    const connections = new Connections();
    const connect = of('a', { 'databricks.driver.version': '2.1.0' });
    connections.connected(connect);
    assert.equal(connections.factsOf(of('a')), connect.attributes);
    assert.equal(connections.factsOf(of('b')), undefined);
    assert.equal(connections.factsOf(of('')), undefined);
    connections.forget('a');
    assert.equal(connections.factsOf(of('a')), undefined);
    connections.connected(connect);
    connections.clear();
    assert.equal(connections.size, 0);
  });

  it('of which the driver reports one by itself are known, and told of once', () => {
    const diag = new DiagRecorder().install();
    const connections = new Connections();
    connections.learnReporter(of('a', reporting));
    connections.learnReporter(of('b', reporting));
    connections.learnReporter(of('c', { 'databricks.driver.telemetry_enabled': false }));
    connections.learnReporter(of('d', { 'databricks.driver.telemetry_enabled': 'yes' }));
    diag.remove();
    assert.ok(connections.reportsByItself(of('a')));
    assert.ok(!connections.reportsByItself(of('c')));
    assert.ok(!connections.reportsByItself(of('d')));
    assert.ok(!connections.reportsByItself(of('unknown')));
    assert.equal(connections.size, 3);
    assert.equal(diag.warnings("driverTelemetry: 'replace'"), 1);
    connections.learnReporter(of('a', { 'databricks.driver.telemetry_enabled': false }));
    assert.ok(!connections.reportsByItself(of('a')));
  });

  it('are not remembered without an id', () => {
    const connections = new Connections();
    const nobody = { attributes: reporting } as unknown as ReadableSpan;
    connections.connected(nobody);
    connections.learnReporter(nobody);
    assert.equal(connections.size, 0);
    assert.ok(!connections.reportsByItself(nobody));
  });

  it('keep their facts when their reporter is learnt, and are no reporters before', () => {
    const diag = new DiagRecorder().install();
    const connections = new Connections();
    const connect = of('a');
    connections.connected(connect);
    connections.learnReporter(of('a', { 'databricks.driver.telemetry_enabled': false }));
    assert.equal(connections.factsOf(of('a')), connect.attributes);
    assert.equal(diag.lines.length, 0);
    connections.connected(of('b'));
    connections.learnReporter(of('c', reporting));
    diag.remove();
    assert.ok(!connections.reportsByItself(of('b')));
    assert.equal(diag.warnings('the driver reports the telemetry of a connection by itself'), 1);
  });

  it('are a thousand at most, the newest', () => {
    const connections = new Connections();
    for (let index = 0; index < 1_001; index += 1) connections.connected(of(`${index}`));
    assert.equal(connections.size, 1_000);
    assert.equal(connections.factsOf(of('0')), undefined);
    assert.ok(connections.factsOf(of('1')));
    assert.ok(connections.factsOf(of('1000')));
  });
});
