import { diag, DiagLogLevel } from '@opentelemetry/api';
import type { Attributes } from '@opentelemetry/api';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import assert from 'node:assert/strict';
import type { RequestInfo, ResponseInfo } from '../../src/config';
import { operationKey } from '../../src/patches/submit-call';
import { keepDiagnostics } from '../support/diagnostics';
import { TestBed } from '../support/test-bed';

const SQL = "SELECT 'x'";

function throws(): never {
  throw new Error('of the application');
}

describe('hooks', () => {
  let bed: TestBed;
  let requests: RequestInfo[];
  let responses: ResponseInfo[];

  before(async () => {
    bed = await TestBed.start();
  });
  after(() => bed.stop());
  beforeEach(() => {
    bed.reset();
    requests = [];
    responses = [];
    bed.instrumentation.setConfig({
      requestHook: (span, request) => {
        span.setAttribute('app.hook', 'request');
        requests.push(request);
      },
      responseHook: (span, response) => {
        span.setAttribute('app.response', 'seen');
        responses.push(response);
      },
    });
  });

  function hooked(operation: string): Attributes {
    return bed.spanOf(operation).attributes;
  }

  it('are told of a statement with its text, its options, and the operation it opened', async () => {
    const options = { maxRows: 10 };
    let operation: unknown;
    await bed.withSession(async (session) => {
      operation = await session.executeStatement(SQL, options);
    });
    assert.deepEqual(requests, [
      { operation: 'execute_statement', statement: SQL, request: options },
    ]);
    assert.equal(requests[0]?.request, options);
    const [response] = responses;
    assert.equal(responses.length, 1);
    assert.equal(response?.operation, 'execute_statement');
    assert.equal(response?.response, operation);
    assert.equal(response?.statementId, bed.warehouse.statements[0]?.id);
    assert.ok(response !== undefined && !('error' in response));
    const attributes = hooked('execute_statement');
    assert.equal(attributes['app.hook'], 'request');
    assert.equal(attributes['app.response'], 'seen');
  });

  it('are told of a metadata call with its request and without a text', async () => {
    const request = { catalogName: 'main' };
    await bed.withSession((session) => session.getSchemas(request));
    assert.deepEqual(requests, [{ operation: 'get_schemas', request }]);
    assert.equal(requests[0]?.request, request);
    assert.equal(responses[0]?.operation, 'get_schemas');
    assert.equal(hooked('get_schemas')['app.hook'], 'request');
  });

  it('are told of a call that rejects with the very error, before its span ends', async () => {
    const sql = 'SELECT 1 /* local-warehouse: error=submit:PARSE_SYNTAX_ERROR:42601 */';
    let thrown: unknown;
    await bed.withSession(async (session) => {
      thrown = await session.executeStatement(sql).catch((error: unknown) => error);
    });
    const [response] = responses;
    assert.equal(response?.error, thrown);
    assert.ok(response !== undefined && !('response' in response) && !('statementId' in response));
    assert.equal(hooked('execute_statement')['app.response'], 'seen');
  });

  it('are told of by name when they throw, and not at all where there are none', async () => {
    const warnings: string[] = [];
    keepDiagnostics(DiagLogLevel.WARN, (...parts) => {
      warnings.push(parts.join(' '));
    });
    bed.instrumentation.setConfig({});
    await bed.withSession((session) => session.executeStatement(SQL));
    assert.deepEqual(warnings, []);
    bed.instrumentation.setConfig({ requestHook: throws, responseHook: throws });
    await bed.withSession((session) => session.executeStatement(SQL));
    diag.disable();
    assert.equal(warnings.length, 2);
    assert.match(warnings[0] ?? '', /requestHook failed/);
    assert.match(warnings[1] ?? '', /responseHook failed/);
  });

  it('are not called for spans that nobody records', async () => {
    bed.sampler = new AlwaysOffSampler();
    await bed.withSession((session) => session.executeStatement(SQL));
    assert.deepEqual([requests, responses], [[], []]);
  });
});

describe('operationKey', () => {
  const handle = {};
  const backend = {};

  it('is the object that the layers of the driver share, in every release', () => {
    assert.equal(operationKey({ operationHandle: handle }), handle, 'until 1.15');
    assert.equal(operationKey({ backend: { operationHandle: handle } }), handle, 'from 1.16');
    assert.equal(operationKey({ backend }), backend, 'the kernel');
    const operation = {};
    assert.equal(operationKey(operation), operation);
  });
});
