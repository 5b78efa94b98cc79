import assert from 'node:assert/strict';
import type { Attributes } from '@opentelemetry/api';
import { connectionFacts, driverVersion } from '../../src/frontend-log/connection-facts';
import type { DriverConnectionParameters } from '../../src/frontend-log/schema';

function parametersOf(connection: Attributes): DriverConnectionParameters {
  return connectionFacts(connection, undefined).connectionParameters;
}

function modeOf(backend: string): string | undefined {
  return parametersOf({ 'databricks.client.backend': backend }).mode;
}

function timeoutOf(timeoutMs: number): number | undefined {
  return parametersOf({ 'databricks.connection.socket_timeout': timeoutMs }).socket_timeout;
}

function nameOf(entry: string): string | undefined {
  return connectionFacts({ 'databricks.connection.user_agent_entry': entry }, undefined)
    .systemConfiguration.client_app_name;
}

function of(version: string): string | undefined {
  return driverVersion({ 'databricks.driver.version': version });
}

describe('connectionFacts', () => {
  const AUTH: readonly (readonly [string, string | undefined, string?, string?])[] = [
    ['access-token', 'pat', 'PAT', 'TOKEN_PASSTHROUGH'],
    ['oauth-m2m', 'oauth-m2m', 'OAUTH', 'CLIENT_CREDENTIALS'],
    ['oauth-u2m', 'external-browser', 'OAUTH', 'BROWSER_BASED_AUTHENTICATION'],
    ['token-provider', 'token-provider', 'OAUTH', 'TOKEN_PASSTHROUGH'],
    ['external-token', 'external-token', 'OAUTH', 'TOKEN_PASSTHROUGH'],
    ['static-token', 'static-token', 'OAUTH', 'TOKEN_PASSTHROUGH'],
    ['databricks-oauth', 'unknown', 'OAUTH'],
    ['custom', 'custom', 'OTHER'],
    ['constructor', undefined],
  ];
  for (const [attribute, type, mech, flow] of AUTH) {
    it(`says of ${attribute} what the drivers say of it`, () => {
      const facts = connectionFacts({ 'databricks.connection.auth_type': attribute }, undefined);
      assert.equal(facts.authType, type);
      assert.equal(facts.connectionParameters.auth_mech, mech);
      assert.equal(facts.connectionParameters.auth_flow, flow);
    });
  }

  it('knows the backends', () => {
    assert.equal(modeOf('thrift'), 'THRIFT');
    assert.equal(modeOf('kernel'), 'SEA');
    assert.equal(modeOf('other'), undefined);
  });

  const PATHS: readonly (readonly [string, string | undefined])[] = [
    ['/sql/1.0/warehouses/a', '/sql/1.0/warehouses/a'],
    ['/sql/1.0/warehouses/a?o=1&token=x', '/sql/1.0/warehouses/a'],
    ['/sql/1.0/warehouses/a#token=x', '/sql/1.0/warehouses/a'],
    ['/sql/token=x', '/sql/token=<redacted>'],
    ['?o=1', undefined],
    [`/${'x'.repeat(512)}`, undefined],
  ];
  for (const [path, expected] of PATHS) {
    it(`makes ${expected} of the path ${path.slice(0, 40)}`, () => {
      assert.equal(parametersOf({ 'databricks.connection.http_path': path }).http_path, expected);
    });
  }

  const WORKSPACES: readonly (readonly [string, string | undefined])[] = [
    ['1', '1'],
    ['123456789012345678', '123456789012345678'],
    ['1234567890123456789', undefined],
    ['012', undefined],
    ['12a', undefined],
    ['a12', undefined],
  ];
  for (const [id, expected] of WORKSPACES) {
    it(`takes ${id} for ${expected === undefined ? 'no workspace' : 'a workspace'}`, () => {
      assert.equal(
        connectionFacts({ 'databricks.workspace.id': id }, undefined).workspaceId,
        expected,
      );
    });
  }

  it('rounds the timeout to seconds', () => {
    assert.equal(timeoutOf(900_000), 900);
    assert.equal(timeoutOf(1_500), 2);
    assert.equal(timeoutOf(0), 0);
  });

  it('reports no query tags, neither their text nor a word in its place', () => {
    assert.ok(!('query_tags' in parametersOf({ 'databricks.query.tag.team': 'a' })));
  });

  it('redacts the application`s name', () => {
    assert.equal(nameOf('reports of ada@example.com'), 'reports of <redacted>');
    assert.equal(nameOf(''), undefined);
  });

  it('knows no more than it was told', () => {
    const {
      workspaceId,
      authType,
      driverVersion: version,
      ...facts
    } = connectionFacts({}, undefined);
    assert.deepEqual([workspaceId, authType, version], [undefined, undefined, undefined]);
    assert.deepEqual(JSON.stringify(facts.connectionParameters), '{"auto_commit":true}');
    assert.equal(facts.systemConfiguration.client_app_name, undefined);
  });
});

describe('driverVersion', () => {
  it('takes releases, and no other text', () => {
    for (const version of ['2', '2.1.0', '2.1.0-rc.1+a_b', `2${'1'.repeat(63)}`]) {
      assert.equal(of(version), version);
    }
    for (const other of ['v2.1.0', '2.1.0 beta', ' 2.1.0', '', `2${'1'.repeat(64)}`]) {
      assert.equal(of(other), undefined);
    }
    assert.equal(driverVersion(undefined), undefined);
  });
});
