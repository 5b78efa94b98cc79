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

describe('start line of what is turned off', () => {
  const config = resolveConfig({}, logger);

  it('says who reports when a variable disables telemetry or the SDK', () => {
    const off = startupMessage('2.1.0', config, true, { DATABRICKS_TELEMETRY_DISABLED: 'Yes' });
    assert.match(off, /; telemetry: off, DATABRICKS_TELEMETRY_DISABLED is set$/);
    const sdk = startupMessage('2.1.0', config, true, { OTEL_SDK_DISABLED: 'true' });
    assert.match(sdk, /OTEL_SDK_DISABLED keeps NodeSDK from tracing it;/);
    assert.match(sdk, /; telemetry: the driver sends its own, OTEL_SDK_DISABLED is true$/);
  });

  it('promises no telemetry of a driver that has none', () => {
    assert.match(startupMessage('1.14.0', config, true, {}), /this driver has none of its own$/);
    assert.match(
      startupMessage('1.14.0', config, true, { OTEL_SDK_DISABLED: 'TRUE' }),
      /telemetry: none, OTEL_SDK_DISABLED is true$/,
    );
  });

  it('says of a disabled instrumentation that nothing is traced', () => {
    assert.match(startupMessage('2.1.0', config, false, {}), /is not traced until enable\(\)/);
  });
});
