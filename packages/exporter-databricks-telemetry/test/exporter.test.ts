import assert from 'node:assert';
import { UndeliveredError } from '../src';
import { DatabricksTelemetryExporter } from '../src/exporter';
import type { DatabricksTelemetryExporterOptions } from '../src/config';
import type { ExportResult, ReadableSpan } from '../src/otel';
import { HOST, record } from './fixtures/spans';
import { TelemetryServer } from './fixtures/telemetry-server';

export function exportSpans(
  exporter: DatabricksTelemetryExporter,
  spans: ReadableSpan[],
): Promise<ExportResult> {
  return new Promise((resolve) => exporter.export(spans, resolve));
}

describe('DatabricksTelemetryExporter', () => {
  let server: TelemetryServer;
  let exporter: DatabricksTelemetryExporter;

  function create(options: Partial<DatabricksTelemetryExporterOptions> = {}) {
    exporter = new DatabricksTelemetryExporter({
      host: HOST,
      token: 'dapi0123456789abcdef',
      agent: server.agent,
      ...options,
    });
    return exporter;
  }

  beforeEach(async () => {
    server = await TelemetryServer.start();
  });

  afterEach(async () => {
    await exporter.shutdown();
    await server.stop();
  });

  it('asks for the flag, then posts the records of a connection in one request', async () => {
    const result = await exportSpans(create(), [record('open_session'), record('close_session')]);

    assert.deepStrictEqual(result, { code: 0 });
    assert.deepStrictEqual(
      server.received.map(({ method, path }) => `${method} ${path}`),
      ['GET /api/2.0/connector-service/feature-flags/NODEJS/2.1.0', 'POST /telemetry-ext'],
    );
    assert.deepStrictEqual(
      server.logs().map((log) => log.entry.sql_driver_log.sql_operation?.operation_detail),
      [
        { operation_type: 'CREATE_SESSION', is_internal_call: false },
        { operation_type: 'DELETE_SESSION', is_internal_call: false },
      ],
    );
    assert.equal(exporter.stats().delivered, 2);
  });

  it('hands back what it could not deliver', async () => {
    server.flagScript.push((_request, response) => response.writeHead(404).end());
    const spans = [record('open_session')];
    const { error } = await exportSpans(create(), spans);

    assert.ok(error instanceof UndeliveredError);
    assert.equal(error.reason, 'flag_unknown');
    assert.deepStrictEqual(error.undelivered, spans);
    assert.equal(server.posts().length, 0);
  });
});
