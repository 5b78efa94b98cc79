import { setMaxListeners } from 'node:events';
import type { ResolvedExporterOptions } from '../config';
import { guarded, logDebug } from '../diagnostics';
import type { Fate } from '../record';
import type { CircuitBreakerState } from './circuit-breaker';
import { BatchInFlight } from './batch-in-flight';
import type { ConnectionBatch } from './connection-batch';
import { Destinations } from './destination';
import { DryRun, payloadSink } from './dry-run';
import { FeatureFlags } from './feature-flags';
import { HostBooks } from './host-books';
import type { HostStats } from './host-books';
import { Sender } from './sender';
import { WorkspaceClients } from './workspace-clients';

const HOST_REFUSED: Fate = { kind: 'dropped', reason: 'host_refused' };

/** Sends the records of connections to their workspaces. Loaded with the first record to send. */
export class Delivery {
  readonly #books = new HostBooks();
  readonly #flags = new FeatureFlags();
  readonly #clients: WorkspaceClients;
  readonly #destinations: Destinations;
  readonly #sender: Pick<Sender, 'send' | 'release' | 'shutdownBegins'>;

  /** @param signal aborts the requests under way */
  constructor(options: ResolvedExporterOptions, signal: AbortSignal) {
    // Every request under way listens to the signal, however many there are.
    setMaxListeners(0, signal);
    this.#clients = new WorkspaceClients(
      options,
      (hostKey, error) => this.#books.failed(hostKey, error),
      (hostKey, event) => this.#books.happened(hostKey, event),
    );
    this.#destinations = new Destinations(options);
    const sink = payloadSink(options);
    this.#sender = sink
      ? new DryRun(sink)
      : new Sender(options, this.#clients, this.#flags, signal);
  }

  /** Sends batches and gives the fate of each of their records. Never rejects. */
  async export(batches: readonly ConnectionBatch[]): Promise<Fate[][]> {
    const inFlight = batches.map((batch) => guarded('destination', () => this.#begin(batch)));
    const known = inFlight.filter((batch) => batch !== undefined);
    try {
      await this.#sender.send(known);
    } catch (error) {
      logDebug('an export failed', error);
    }
    this.#clients.removeIdle();
    return batches.map((batch, index) => {
      const fates = inFlight[index]?.fates();
      if (!fates) return batch.records.map(() => HOST_REFUSED);
      this.#books.of(inFlight[index]?.destination.host.key ?? '').settled(fates);
      return fates;
    });
  }

  /** Forgets a connection that was closed. Safe to call twice. */
  release(connectionId: string): void {
    this.#books.disconnected(connectionId);
    this.#sender.release(connectionId);
  }

  /** The last exports follow. */
  shutdownBegins(): void {
    this.#sender.shutdownBegins();
  }

  close(): void {
    this.#books.disconnectAll();
  }

  /** By host, with its port when that is not 443. */
  stats(): Record<string, HostStats> {
    return Object.fromEntries(
      this.#books.hosts.map((hostKey) => [
        hostKey,
        this.#books.of(hostKey).stats(this.#breakerOf(hostKey), this.#flags.ofHost(hostKey)),
      ]),
    );
  }

  /** `undefined` when the host is refused. */
  #begin(batch: ConnectionBatch): BatchInFlight | undefined {
    const destination = this.#destinations.of(batch);
    if (!destination) return undefined;
    const inFlight = new BatchInFlight(batch, destination);
    if (!destination.isGone) this.#books.connected(destination.host.key, destination.id);
    this.#books.of(destination.host.key).began(inFlight.size);
    return inFlight;
  }

  #breakerOf(hostKey: string): CircuitBreakerState {
    const states = new Set(this.#clients.ofHost(hostKey).map(({ breaker }) => breaker.state));
    if (states.has('OPEN')) return 'OPEN';
    return states.has('HALF_OPEN') ? 'HALF_OPEN' : 'CLOSED';
  }
}
