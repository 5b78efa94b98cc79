import type { ProcessorStats } from '@dbsql-otel/exporter-databricks-telemetry';
import type { GatewayConfig } from './config/config';
import { Secret } from './config/secrets';
import { Backlogs } from './intake/backlogs';
import { Intake, JournalFullError } from './intake/intake';
import { Verdicts } from './intake/verdicts';
import { Journal } from './journal/journal';
import { errorWord } from './log';
import type { Log } from './log';
import type { Decoded } from './otlp/decode';
import { Authorization } from './receiver/authorization';
import { RequestError } from './receiver/body';
import { Receiver } from './receiver/receiver';
import { RecentIds } from './recent-ids';
import { Workspace } from './workspace/workspace';

/** Spans, and reported groups, by which a second one is known: as many at least, twice as many at most. */
const REMEMBERED = 200_000;
/** How long it is remembered on disk what was reported. */
const DONE_MS = 3_600_000;
const SWEEP_MS = 300_000;
const MS_PER_SECOND = 1_000;
/** The part of the time for a stop that running requests get. */
const REQUESTS_SHARE = 0.3;
const JOURNAL_RETRY_SECONDS = 30;

export interface GatewayStats {
  readonly spans: Readonly<Record<string, number>>;
  readonly connections: number;
  /** Spans that wait for others that may come after them. */
  readonly waiting: number;
  /** Spans in the journal. */
  readonly journaled: number;
  /** By host and port. */
  readonly workspaces: Readonly<
    Record<string, ProcessorStats & { readonly journaled: number; readonly isBehind: boolean }>
  >;
}

/** Receives spans, keeps them until they are reported, and reports them to the workspaces of its list. */
export class Gateway {
  readonly #config: GatewayConfig;
  readonly #log: Log;
  readonly #journal: Journal;
  readonly #workspaces = new Map<string, Workspace>();
  readonly #verdicts = new Verdicts();
  readonly #seen = new RecentIds(REMEMBERED);
  readonly #done = new RecentIds(REMEMBERED);
  readonly #backlogs: Backlogs;
  readonly #intake: Intake;
  readonly #receiver: Receiver;
  readonly #sweep: NodeJS.Timeout;
  #isRestored = false;

  private constructor(config: GatewayConfig, journal: Journal, log: Log) {
    this.#config = config;
    this.#log = log;
    this.#journal = journal;
    for (const workspace of config.workspaces) {
      const made = new Workspace(workspace, {
        config,
        journal,
        log,
        done: this.#done,
        roomFreed: (each) => void this.#backlogs.catchUp(each),
      });
      this.#workspaces.set(made.key, made);
    }
    this.#backlogs = new Backlogs(
      journal,
      this.#workspaces,
      (span) => this.#intake.route(span),
      (error) => log.error(`the journal cannot be read (${errorWord(error)})`),
    );
    this.#intake = new Intake({
      journal,
      workspaces: this.#workspaces,
      backlogs: this.#backlogs,
      verdicts: this.#verdicts,
      seen: this.#seen,
      done: this.#done,
      maxConnections: config.limits.maxConnections,
      reorderMs: config.timing.reorderSeconds * MS_PER_SECOND,
      connectionForgotten: (connection) => {
        void this.#workspaces.get(connection.destinationKey)?.connectionClosed(connection.id);
      },
    });
    this.#receiver = new Receiver({
      config,
      log,
      authorization: new Authorization(
        config.bearerToken === undefined ? undefined : new Secret(config.bearerToken),
      ),
      accept: (decoded) => this.#accept(decoded),
      notReady: () => (this.#isRestored ? undefined : 'the journal is being read'),
      stats: () => this.stats(),
    });
    this.#sweep = setInterval(() => void this.#sweepIdle(), SWEEP_MS);
    this.#sweep.unref();
  }

  /**
   * Opens the journal, takes up what an earlier process left, and listens.
   *
   * @returns the gateway and its port
   * @throws when a secret or a file is missing, the journal is in use or cannot be written, or the port is taken
   */
  static async start(
    config: GatewayConfig,
    log: Log,
  ): Promise<{ readonly gateway: Gateway; readonly port: number }> {
    if (config.bearerToken !== undefined) await new Secret(config.bearerToken).read();
    const journal = await Journal.open(config.journal);
    try {
      const gateway = new Gateway(config, journal, log);
      for (const workspace of gateway.#workspaces.values()) await workspace.check();
      await gateway.#restore();
      return { gateway, port: await gateway.#receiver.listen() };
    } catch (error) {
      await journal.close();
      throw error;
    }
  }

  stats(): GatewayStats {
    return {
      spans: this.#verdicts.toJSON(),
      connections: this.#intake.connections,
      waiting: this.#intake.waiting,
      journaled: this.#journal.spans,
      workspaces: Object.fromEntries(
        [...this.#workspaces].map(([key, workspace]) => [
          key,
          {
            ...workspace.stats(),
            journaled: workspace.journaled,
            isBehind: this.#backlogs.isBehind(key),
          },
        ]),
      ),
    };
  }

  /**
   * Answers the running requests, delivers what is complete, and closes the journal, which keeps the rest. Takes no longer
   * than `timing.stopSeconds`, and the time of the journal's last write.
   */
  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    const stopMs = this.#config.timing.stopSeconds * MS_PER_SECOND;
    await this.#receiver.stop(stopMs * REQUESTS_SHARE);
    this.#intake.close();
    const workspaces = [...this.#workspaces.values()];
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, stopMs * (1 - REQUESTS_SHARE));
    });
    await Promise.race([Promise.all(workspaces.map((workspace) => workspace.flush())), limit]);
    clearTimeout(timer);
    // What the processors count as lost now is in the journal.
    this.#log.releaseDiagnostics();
    await Promise.all(workspaces.map((workspace) => workspace.stop()));
    await this.#journal.close();
    this.#log.info(`stopped, ${this.#journal.spans} spans are left in the journal`);
  }

  async #restore(): Promise<void> {
    for await (const [id, stored] of this.#journal.connections()) this.#intake.restore(id, stored);
    for await (const { group, spanKeys } of this.#journal.done()) {
      this.#done.add(group);
      for (const key of spanKeys) this.#seen.add(key);
    }
    for await (const position of this.#journal.positions()) {
      this.#seen.add(position.spanKey);
      this.#backlogs.inherit(position);
      const workspace = this.#workspaces.get(position.workspace);
      if (workspace !== undefined) workspace.journaled += 1;
    }
    await this.#restoreOfUnknownHost();
    const workspaces = [...this.#workspaces.values()];
    await Promise.all(workspaces.map((workspace) => this.#backlogs.catchUp(workspace)));
    const { spans } = this.#journal;
    if (spans > 0) this.#log.info(`${spans} spans of an earlier run are in the journal`);
    this.#isRestored = true;
  }

  /** Spans whose host only their connection tells. */
  async #restoreOfUnknownHost(): Promise<void> {
    for (let sequence = 0; Number.isFinite(sequence);) {
      const { spans, lastSequence } = await this.#journal.read(
        sequence,
        1_000,
        ({ workspace }) => workspace === '',
      );
      for (const span of spans) this.#intake.route(span);
      sequence = lastSequence;
    }
  }

  async #accept(decoded: Decoded): Promise<{ rejected: number; reason: string }> {
    const taken = await this.#intake.accept(decoded.spans).catch((error: unknown) => {
      if (error instanceof JournalFullError) {
        throw new RequestError(429, error.message, JOURNAL_RETRY_SECONDS);
      }
      this.#log.error(`the journal cannot be written (${errorWord(error)})`);
      throw new RequestError(503, 'the journal cannot be written', JOURNAL_RETRY_SECONDS);
    });
    this.#verdicts.ignored += decoded.ignored;
    this.#verdicts.malformed += decoded.malformed;
    return {
      rejected: taken.hostRefused + taken.malformed + decoded.malformed,
      reason: 'spans are malformed, or their host is not in the list',
    };
  }

  async #sweepIdle(): Promise<void> {
    const { connectionIdleSeconds, retentionSeconds } = this.#config.timing;
    const nowMs = Date.now();
    try {
      await this.#intake.forgetIdle(nowMs - connectionIdleSeconds * MS_PER_SECOND);
      const expired = await this.#journal.expire(
        nowMs - retentionSeconds * MS_PER_SECOND,
        nowMs - DONE_MS,
      );
      if (expired > 0) {
        this.#log.warn(`${expired} spans were not reported within timing.retentionSeconds`);
      }
    } catch (error) {
      this.#log.error(`the journal cannot be swept (${errorWord(error)})`);
    }
  }
}
