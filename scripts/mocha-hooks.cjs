// Fails a suite that leaves a consumer on the telemetry channel: it would own the connections of every suite after it.
'use strict';

const assert = require('node:assert/strict');
const { channel } = require('node:diagnostics_channel');

const telemetry = channel('@dbsql-otel/instrumentation-databricks-sql:telemetry');

function assertNoConsumer() {
  assert.ok(!telemetry.hasSubscribers, 'a consumer of the telemetry channel stays open');
}

exports.mochaHooks = {
  beforeAll() {
    const root = this.test.parent;
    for (const suite of root.suites) suite.afterAll('leaves no consumer behind', assertNoConsumer);
  },
};
