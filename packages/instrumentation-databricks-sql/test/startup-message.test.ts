import * as assert from 'node:assert/strict';
import { diag } from '@opentelemetry/api';
import { resolveConfig } from '../src/config';
import { startupMessage } from '../src/startup-message';
import { PACKAGE_VERSION } from '../src/scope';

const logger = diag.createComponentLogger({ namespace: 'test' });

describe('start line', () => {
  it('says the versions, and that the driver reports, when nothing is set', () => {
    assert.strictEqual(
      startupMessage('2.1.0', resolveConfig({}, logger)),
      `@databricks/sql 2.1.0 is instrumented (${PACKAGE_VERSION}); options: the defaults; ` +
        'telemetry: reported by the telemetry processor that claims a connection, else by the driver',
    );
  });

  it('says the options that differ from their defaults, and who reports', () => {
    const config = resolveConfig(
      {
        driverTelemetry: 'replace',
        queryText: 'off',
        fetchSpans: true,
        requestHook: () => undefined,
      },
      logger,
    );
    assert.strictEqual(
      startupMessage(undefined, config),
      `@databricks/sql is instrumented (${PACKAGE_VERSION}); ` +
        'options: queryText "off", driverTelemetry "replace", requestHook set; ' +
        'telemetry: reported by the telemetry processor that claims a connection, else by the driver',
    );
  });
});
