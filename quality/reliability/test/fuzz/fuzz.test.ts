import * as assert from 'node:assert/strict';
import { Agent } from 'node:https';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type {
  DatabricksTelemetryExporterOptions,
  Payload,
} from '@dbsql-otel/exporter-databricks-telemetry';
import { DatabricksSqlInstrumentation } from '@dbsql-otel/instrumentation-databricks-sql';
import type { DatabricksSqlInstrumentationConfig } from '@dbsql-otel/instrumentation-databricks-sql';
import * as semconv from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';
import { unaccounted } from '../../src/pipeline';
import { ANSWERS, CONFIGS, HEADER_VALUES, TEXTS } from './corpus';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 60);
const HOST = 'fuzz.cloud.databricks.com';
const FLAG = {
  flags: [
    {
      name: 'databricks.partnerplatform.clientConfigsFeatureFlags.enableTelemetryForNodeJs',
      value: 'true',
    },
  ],
};
const SWIFT: Partial<DatabricksTelemetryExporterOptions> = {
  requestTimeoutMs: 60,
  credentialsTimeoutMs: 60,
  shutdownTimeoutMs: 500,
  retry: { maxRetries: 1, baseDelayMs: 1, maxDelayMs: 2, jitterMs: 0 },
};

/** These decide where a record goes, or whether there is one. */
const DECIDING: ReadonlySet<string> = new Set([
  semconv.ATTR_SERVER_ADDRESS,
  semconv.ATTR_SERVER_PORT,
  semconv.ATTR_DATABRICKS_DRIVER_TELEMETRY_ENABLED,
  semconv.ATTR_DATABRICKS_CONNECTION_ID,
]);

/** A workspace that says byte for byte what it is told to, where `https` believes to speak through TLS. */
class RawServer {
  answer = '';
  readonly requests: string[] = [];
  readonly agent: Agent;
  private readonly server: Server;

  constructor() {
    this.server = createServer((socket) => {
      socket.on('error', () => undefined);
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        const flagEnd = text.startsWith('GET ') ? text.indexOf('\r\n\r\n') : -1;
        if (flagEnd >= 0) {
          text = '';
          const body = JSON.stringify(FLAG);
          socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        } else if (text.endsWith('}')) {
          this.requests.push(text);
          text = '';
          socket.end(Buffer.from(this.answer, 'latin1'));
        }
      });
    });
    this.agent = new Agent({ keepAlive: false });
    this.agent.createConnection = () =>
      connect((this.server.address() as AddressInfo).port, '127.0.0.1');
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** One session opened and closed, and what became of its two records. */
async function report(
  options: Partial<DatabricksTelemetryExporterOptions>,
  attributes: Record<string, unknown> = {},
): Promise<void> {
  const exporter = new DatabricksTelemetryExporter({
    host: HOST,
    token: 'x',
    ...SWIFT,
    ...options,
  });
  const processor = new DatabricksTelemetrySpanProcessor(exporter, { shutdownTimeoutMs: 400 });
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const tracer = provider.getTracer(semconv.SCOPE_NAME);
  for (const operation of [semconv.OPERATION_OPEN_SESSION, semconv.OPERATION_CLOSE_SESSION]) {
    const span = tracer.startSpan(operation);
    span.setAttributes({
      [semconv.ATTR_SERVER_ADDRESS]: HOST,
      [semconv.ATTR_DATABRICKS_CONNECTION_ID]: 'c',
      ...(attributes as Record<string, string>),
      [semconv.ATTR_DATABRICKS_OPERATION]: operation,
    });
    span.end();
  }
  await provider.shutdown();
  const stats = processor.stats();
  assert.strictEqual(unaccounted(stats), 0, JSON.stringify(stats));
  assert.strictEqual(stats.pending, 0, JSON.stringify(stats));
  assert.strictEqual(stats.offered, 2, JSON.stringify(stats));
  assert.strictEqual(unaccounted(exporter.stats()), 0, JSON.stringify(exporter.stats()));
}

const assertUnpolluted = (): void => {
  assert.deepStrictEqual(Object.keys(Object.prototype), []);
  assert.strictEqual(({} as { polluted?: boolean }).polluted, undefined);
};
const examples = <T>(cases: readonly T[]): [T][] => cases.map((value) => [value]);

describe('fuzz', function () {
  this.timeout(20_000 + RUNS * 2_000);

  const server = new RawServer();
  before(() => server.start());
  after(() => server.stop());
  beforeEach(() => {
    server.answer = ANSWERS[3] ?? '';
    server.requests.length = 0;
  });
  afterEach(assertUnpolluted);

  it('whatever a server answers, every record is accounted for within the deadline', async () => {
    const answer = fc.oneof(
      fc.constantFrom(...ANSWERS),
      fc.string({ unit: 'binary-ascii', maxLength: 200 }),
      fc
        .tuple(fc.integer({ min: 100, max: 999 }), fc.string(), fc.json())
        .map(
          ([status, header, body]) =>
            `HTTP/1.1 ${status} x\r\nRetry-After: ${header}\r\nConnection: close\r\n\r\n${body}`,
        ),
      // A corpus case with a byte of it changed.
      fc
        .tuple(fc.constantFrom(...ANSWERS), fc.nat(), fc.integer({ min: 0, max: 255 }))
        .map(([text, at, code]) => {
          const index = at % Math.max(1, text.length);
          return text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1);
        }),
    );
    await fc.assert(
      fc.asyncProperty(answer, async (text) => {
        server.answer = text;
        await report({ agent: server.agent });
      }),
      { numRuns: RUNS, examples: examples(ANSWERS) },
    );
  });

  it('whatever a provider of headers gives, nothing is injected', async () => {
    const value = fc.oneof(fc.string({ unit: 'binary' }), fc.anything());
    await fc.assert(
      fc.asyncProperty(value, fc.string({ unit: 'binary', maxLength: 5 }), async (given, name) => {
        server.requests.length = 0;
        const headers = { Authorization: given, [`x-${name}`]: given } as Record<string, string>;
        await report({ agent: server.agent, token: undefined, headers: async () => headers });
        for (const request of server.requests) {
          assert.ok(!/^x-injected/im.test(request), request);
          assert.strictEqual(request.match(/^POST /gm)?.length, 1);
        }
      }),
      {
        numRuns: RUNS,
        examples: HEADER_VALUES.map((header) => [header, 'y'] as [unknown, string]),
      },
    );
  });

  it('whatever the attributes are, the body is JSON in JSON of one line', async () => {
    const text = fc.oneof(fc.constantFrom(...TEXTS), fc.string({ unit: 'binary' }), fc.webPath());
    const names = Object.entries(semconv)
      .filter(([name, value]) => name.startsWith('ATTR_') && typeof value === 'string')
      .map(([, value]) => value as string)
      .filter((name) => !DECIDING.has(name));
    const attributes = fc.dictionary(
      fc.constantFrom(...names, '__proto__', 'constructor'),
      fc.oneof(text, fc.anything()),
    );
    await fc.assert(
      fc.asyncProperty(attributes, async (given) => {
        const payloads: Payload[] = [];
        await report({ dryRun: (payload) => payloads.push(payload) }, given);
        for (const { host, path, body } of payloads) {
          assert.strictEqual(host, HOST);
          assert.ok(path.startsWith('/telemetry-'));
          assert.ok(!body.includes('\n'));
          const { protoLogs } = JSON.parse(body) as { protoLogs: string[] };
          for (const log of protoLogs) assert.strictEqual(typeof JSON.parse(log), 'object');
        }
      }),
      { numRuns: RUNS, examples: TEXTS.map((path) => [{ [names[0] ?? '']: path }] as [object]) },
    );
  });

  it('a token in an http path stays behind', async () => {
    const payloads: Payload[] = [];
    const path = TEXTS.find((text) => text.includes('dapi'));
    await report(
      { dryRun: (payload) => payloads.push(payload) },
      { [semconv.ATTR_DATABRICKS_CONNECTION_HTTP_PATH]: path },
    );
    assert.strictEqual(payloads.length, 1);
    assert.ok(!/dapi[0-9a-f]{32}/.test(payloads[0]?.body ?? 'dapi'), payloads[0]?.body);
  });

  it('whatever the options are, nothing throws and the defaults stand', async () => {
    const key = fc.constantFrom(
      'queryText',
      'driverTelemetry',
      'requestHook',
      'statementMaxDurationMs',
      'maxQueueSize',
      'scheduledDelayMs',
      'maxExportBatchSize',
      'customHeaders',
      'retry',
      'circuitBreaker',
      '__proto__',
    );
    const config = fc.oneof(fc.anything(), fc.dictionary(key, fc.anything()));
    await fc.assert(
      fc.asyncProperty(config, async (given) => {
        const instrumentation = new DatabricksSqlInstrumentation(
          given as DatabricksSqlInstrumentationConfig,
        );
        instrumentation.setConfig(given as DatabricksSqlInstrumentationConfig);
        const { queryText, driverTelemetry } = instrumentation.getConfig();
        assert.ok(['sanitized', 'full', 'off'].includes(queryText ?? ''));
        assert.ok(['auto', 'keep', 'replace'].includes(driverTelemetry ?? ''));
        instrumentation.disable();
        const exporter = new DatabricksTelemetryExporter(
          given as DatabricksTelemetryExporterOptions,
        );
        const processor = new DatabricksTelemetrySpanProcessor(exporter, given as object);
        assert.strictEqual(processor.stats().offered, 0);
        await processor.shutdown();
        assertUnpolluted();
      }),
      { numRuns: RUNS * 3, examples: examples(CONFIGS) },
    );
  });
});
