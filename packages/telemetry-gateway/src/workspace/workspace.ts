import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import {
  DatabricksTelemetryExporter,
  DatabricksTelemetrySpanProcessor,
} from '@dbsql-otel/exporter-databricks-telemetry';
import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import type { ConnectionAccess } from '@dbsql-otel/instrumentation-databricks-sql';
import { ATTR_DATABRICKS_OPERATION } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { Operation } from '@dbsql-otel/instrumentation-databricks-sql/semconv';
import type { GatewayConfig, WorkspaceConfig } from '../config/config';
import type { Destination, RemoteConnection } from '../intake/remote-connection';
import type { Journal, JournaledSpan } from '../journal/journal';
import { errorWord } from '../log';
import type { Log } from '../log';
import { RemoteOperation } from '../otlp/remote-operation';
import type { ReceivedSpan } from '../otlp/span';
import { spanKey } from '../otlp/span';
import type { RecentIds } from '../recent-ids';
import { credentialsOf } from './credentials';
import type { Credentials } from './credentials';
import { isOperation, JournaledExporter } from './journaled-exporter';
import { isStatement, groupOf, OpenGroups } from './open-groups';
import type { Settlement } from './open-groups';

const MAX_QUEUE_SIZE = 100_000;
const MAX_QUEUE_BYTES = 512 * 1024 * 1024;
const MAX_BATCH_SIZE = 500;
const MAX_STATEMENTS = 100_000;
/** The exporter has limits of its own for each request; this one only bounds a defect. */
const EXPORT_TIMEOUT_MS = 600_000;
const MS_PER_SECOND = 1_000;

type Span = Parameters<JournaledExporter['export']>[0][number];

/** What all workspaces of the gateway share. */
export interface WorkspaceSurroundings {
  readonly config: GatewayConfig;
  readonly journal: Journal;
  readonly log: Log;
  /** Groups and records that were reported. */
  readonly done: RecentIds;
  /** Records of the workspace have left: there is room for others. */
  roomFreed(workspace: Workspace): void;
}

/** One workspace of the list: its credentials, its processor and its exporter. It shares nothing with the others. */
export class Workspace implements Destination {
  readonly key: string;
  readonly #config: WorkspaceConfig;
  readonly #surroundings: WorkspaceSurroundings;
  readonly #credentials: Credentials;
  readonly #agent: Agent;
  readonly #exporter: JournaledExporter;
  readonly #processor: DatabricksTelemetrySpanProcessor;
  readonly #groups = new OpenGroups();
  readonly #access = new Map<string | undefined, ConnectionAccess>();
  /** Spans of it in the journal. */
  journaled = 0;

  /** Throws when the file of certificates cannot be read. */
  constructor(config: WorkspaceConfig, surroundings: WorkspaceSurroundings) {
    this.key = `${config.host}:${config.port}`;
    this.#config = config;
    this.#surroundings = surroundings;
    this.#agent = new Agent({
      keepAlive: true,
      ...(config.caFile === undefined
        ? {}
        : { ca: [...rootCertificates, readFileSync(config.caFile, 'utf8')] }),
    });
    this.#credentials = credentialsOf(config, this.#agent);
    const { timing, allowPrivateHosts } = surroundings.config;
    this.#exporter = new JournaledExporter(
      // Without credentials of the gateway, nothing of a workspace is reported.
      new DatabricksTelemetryExporter({ allowPrivateHosts, unauthenticatedFallback: false }),
      {
        isDone: (record) => this.#isDone(record),
        settled: (records) => this.#settled(records),
        answered: () => surroundings.roomFreed(this),
        refused: () => this.#refused(),
      },
    );
    this.#processor = new DatabricksTelemetrySpanProcessor(this.#exporter, {
      maxExportBatchSize: MAX_BATCH_SIZE,
      maxQueueSize: MAX_QUEUE_SIZE,
      maxQueueBytes: MAX_QUEUE_BYTES,
      maxStatements: MAX_STATEMENTS,
      scheduledDelayMs: timing.batchDelaySeconds * MS_PER_SECOND,
      exportTimeoutMs: EXPORT_TIMEOUT_MS,
      statementIdleTimeoutMs: timing.statementIdleSeconds * MS_PER_SECOND,
      shutdownTimeoutMs: timing.stopSeconds * MS_PER_SECOND,
    });
  }

  /** Rejects when the credentials are not where they are configured to be. */
  check(): Promise<void> {
    return this.#credentials.check();
  }

  /** No more records are taken into memory. */
  get isFull(): boolean {
    return this.#processor.stats().pending >= this.#surroundings.config.limits.maxRecords;
  }

  /** No more spans are taken into the journal. */
  get isJournalFull(): boolean {
    return this.journaled >= this.#surroundings.config.limits.maxJournalSpans;
  }

  stats(): ProcessorStats {
    return this.#processor.stats();
  }

  accessOf(orgId: string | undefined): ConnectionAccess {
    let access = this.#access.get(orgId);
    if (access === undefined) {
      const { host, port } = this.#config;
      access = {
        host,
        port,
        orgId,
        userAgent: undefined,
        headers: () => this.#headers(),
        agent: async () => this.#agent,
      };
      this.#access.set(orgId, access);
    }
    return access;
  }

  /** A journaled span goes into its join. */
  take(journaled: JournaledSpan, connection: RemoteConnection): void {
    this.#groups.add(journaled);
    this.#processor.onEnd(new RemoteOperation(journaled.span, connection));
  }

  /** No span of the connection has come for long. */
  async connectionClosed(connectionId: string): Promise<void> {
    await this.#exporter.connectionClosed(connectionId);
  }

  /** Delivers what is complete; what is not stays in the journal. */
  async flush(): Promise<void> {
    await this.#processor.forceFlush();
  }

  /** Nothing leaves any more. */
  async stop(): Promise<void> {
    this.#exporter.stop();
    await this.#processor.shutdown();
    this.#agent.destroy();
  }

  async #headers(): Promise<Readonly<Record<string, string>>> {
    try {
      return await this.#credentials.headers();
    } catch (error) {
      const { log } = this.#surroundings;
      // The messages of the credentials name places and statuses, never a secret.
      const reason = error instanceof Error ? error.message : errorWord(error);
      log.warn(`no credentials for ${this.key}, its records wait: ${reason}`);
      throw error;
    }
  }

  #refused(): void {
    this.#credentials.refused();
    this.#surroundings.log.warn(
      `${this.key} refused the credentials, its records wait: check the token, or the grants of the service principal`,
    );
  }

  #isDone(record: Span): boolean {
    return this.#surroundings.done.has(recordKey(record));
  }

  async #settled(records: readonly Span[]): Promise<void> {
    const { journal, done, log } = this.#surroundings;
    const settlement: Settlement = { positions: [], done: [] };
    for (const record of records) {
      const span = described(record);
      const isOfStatement = isOperation(record) && isStatement(span);
      this.#groups.settle(span, isOfStatement, (group) => done.has(group), settlement);
      done.add(recordKey(record));
    }
    try {
      await journal.settle(settlement.positions, settlement.done);
      this.journaled -= settlement.positions.length;
    } catch (error) {
      log.error(
        `the journal cannot be written (${errorWord(error)}): records may be sent again after a restart`,
      );
    }
  }
}

function described(
  record: Span,
): Pick<ReceivedSpan, 'attributes' | 'operation' | 'traceId' | 'spanId'> {
  const { traceId, spanId } = record.spanContext();
  const { attributes } = record;
  return {
    traceId,
    spanId,
    attributes,
    operation: attributes[ATTR_DATABRICKS_OPERATION] as Operation,
  };
}

/** A record is known by it: the statement whose record it is, or its own span. */
function recordKey(record: Span): string {
  const span = described(record);
  return isOperation(record) && isStatement(span) ? groupOf(span) : spanKey(span);
}
