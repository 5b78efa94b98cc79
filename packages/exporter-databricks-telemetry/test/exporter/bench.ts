import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { DiagLogLevel, diag } from '@opentelemetry/api';
import type { DiagLogger } from '@opentelemetry/api';
import type {
  ConnectionAccess,
  DatabricksAccess,
} from '@dbsql-otel/instrumentation-databricks-sql';
import { DatabricksTelemetryExporter, UndeliveredError } from '../../src';
import type { DatabricksTelemetryExporterOptions } from '../../src/config';
import type { ExportResult, ReadableSpan } from '../../src/otel';
import { HOST } from '../fixtures/spans';
import type { SpanParts } from '../fixtures/spans';
import { TelemetryServer } from '../fixtures/telemetry-server';

export const TOKEN = 'dapi0123456789abcdef';
export const CONNECTION = {
  'databricks.client.backend': 'thrift',
  'databricks.driver.version': '2.1.0',
  'databricks.workspace.id': '1234567890123456',
  'databricks.connection.http_path': '/sql/1.0/warehouses/abcdef?o=1234567890123456',
  'databricks.connection.auth_type': 'oauth-m2m',
  'databricks.connection.use_proxy': false,
  'databricks.connection.socket_timeout': 900_000,
  'databricks.connection.arrow_enabled': true,
  'databricks.connection.direct_results_enabled': true,
  'databricks.connection.metric_view_metadata': false,
  'databricks.connection.user_agent_entry': 'reports password=hunter2',
};
const SECRET_STACK =
  "Error: no such table in SELECT 'Ada' FROM main.people\n    at run (/home/ada/app/x.js:1:2)";

export function failure(parts: SpanParts = {}): SpanParts {
  return {
    isError: true,
    ...parts,
    attributes: {
      'databricks.session.id': 'session-1',
      'databricks.statement.id': 'statement-1',
      'error.type': '42P01',
      'databricks.error.condition': 'TABLE_OR_VIEW_NOT_FOUND',
      'db.query.text': "SELECT 'Ada' FROM main.people",
      ...parts.attributes,
    },
    events: [
      {
        name: 'exception',
        time: [0, 0],
        attributes: {
          'exception.type': 'OperationStateError',
          'exception.message': 'no such table main.people',
          'exception.stacktrace': SECRET_STACK,
        },
      },
    ],
  };
}

/** Access to connections made by hand, as the instrumentation gives it. */
export class Connections implements DatabricksAccess {
  readonly open = new Map<string, ConnectionAccess>();
  readonly released: string[] = [];
  readonly #listeners = new Set<(connectionId: string) => void>();

  constructor(private readonly server: TelemetryServer) {}

  get listeners(): number {
    return this.#listeners.size;
  }

  add(id: string, parts: Partial<ConnectionAccess> = {}): void {
    this.open.set(id, {
      host: HOST,
      port: 443,
      orgId: undefined,
      userAgent: 'NodejsDatabricksSqlConnector/2.1.0 (reports; Node.js 20; Linux 5)',
      headers: () => Promise.resolve({ Authorization: `Bearer ${id}` }),
      agent: () => Promise.resolve(this.server.agent),
      ...parts,
    });
  }

  close(id: string): void {
    for (const listener of this.#listeners) {
      listener(id);
    }
  }

  connection(id: string): ConnectionAccess | undefined {
    return this.open.get(id);
  }

  onClosed(listener: (connectionId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  release(id: string): void {
    this.released.push(id);
    this.open.delete(id);
  }
}

export function undelivered({ error }: ExportResult): UndeliveredError {
  assert.ok(error instanceof UndeliveredError);
  return error;
}

/** An exporter before a workspace on loopback; its books are balanced at the end of each test. */
export class ExporterBench {
  server!: TelemetryServer;
  connections!: Connections;
  exporter!: DatabricksTelemetryExporter;
  warnings: string[] = [];
  debugLines: string[] = [];
  readonly #debugging = new EventEmitter();

  constructor() {
    beforeEach(() => this.#open());
    afterEach(() => this.#close());
  }

  /** Sends with static credentials, and hardly waits between retries. */
  create(options: Partial<DatabricksTelemetryExporterOptions> = {}): DatabricksTelemetryExporter {
    this.exporter = new DatabricksTelemetryExporter({
      host: HOST,
      token: TOKEN,
      agent: this.server.agent,
      retry: { baseDelayMs: 1, maxDelayMs: 2, jitterMs: 0 },
      ...options,
    });
    return this.exporter;
  }

  createWithAccess(
    options: Partial<DatabricksTelemetryExporterOptions> = {},
  ): DatabricksTelemetryExporter {
    const access = this.connections;
    return this.create({ host: undefined, token: undefined, access, ...options });
  }

  /** Resolves once a debug line with this message was written. */
  async debugged(message: string): Promise<void> {
    if (!this.debugLines.includes(message)) await once(this.#debugging, message);
  }

  send(...spans: ReadableSpan[]): Promise<ExportResult> {
    return new Promise((resolve) => this.exporter.export(spans, resolve));
  }

  async #open(): Promise<void> {
    this.server = await TelemetryServer.start();
    this.connections = new Connections(this.server);
    this.warnings = [];
    this.debugLines = [];
    const logger: DiagLogger = {
      error: (message) => this.warnings.push(message),
      warn: (_namespace, message) => this.warnings.push(String(message)),
      info: () => undefined,
      debug: (_namespace, message) => {
        this.debugLines.push(String(message));
        this.#debugging.emit(String(message));
      },
      verbose: () => undefined,
    };
    diag.setLogger(logger, { logLevel: DiagLogLevel.DEBUG, suppressOverrideMessage: true });
  }

  async #close(): Promise<void> {
    const { offered, delivered, pending, dropped } = this.exporter.stats();
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(offered, delivered + pending + lost);
    await this.exporter.shutdown();
    diag.disable();
    await this.server.stop();
  }
}
