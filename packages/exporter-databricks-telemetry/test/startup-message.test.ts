import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import { startLine } from '../src/startup-message';

const access = {
  connection: () => undefined,
  onClosed: () => () => undefined,
  release: () => undefined,
};

describe('start line of the exporter', () => {
  it('says whose credentials are used', () => {
    assert.equal(
      startLine({ access }),
      "telemetry is sent where the workspace has its feature flag on, with each connection's own credentials; options: the defaults",
    );
    assert.equal(
      startLine({ access, host: 'h', token: 'dapi-secret', agent: undefined }),
      "telemetry is sent where the workspace has its feature flag on, with each connection's own credentials and the credentials given for one host; options: the defaults",
    );
    assert.match(startLine({}), /with each connection's own credentials;/);
    assert.match(startLine({ host: 'h' }), /with the credentials given for one host;/);
  });

  it('names the options that were set, and no value', () => {
    const line = startLine({
      access,
      dryRun: 'file',
      customHeaders: { cookie: 'secret' },
      requestTimeoutMs: 1,
    });
    assert.equal(
      line,
      "telemetry is not sent but shown, with each connection's own credentials; options: dryRun, customHeaders, requestTimeoutMs",
    );
  });
});
