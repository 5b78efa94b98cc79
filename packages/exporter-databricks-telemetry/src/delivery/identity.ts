import { createHash } from 'node:crypto';
import type { Agent } from 'node:http';
import type { ResolvedExporterOptions } from '../config';
import type { Fate } from '../record';
import { agentKey } from './agent-settings';
import type { BatchInFlight } from './batch-in-flight';
import { answerOf, fetchCredentials } from './credentials';
import type { Answer, Credentials } from './credentials';
import type { Asker, Workspace } from './feature-flags';
import { userAgentOf } from './record-encoder';
import { authenticatedHeaders, invalidHeader } from './request-headers';
import type { WorkspaceClient } from './workspace-client';
import type { WorkspaceClients } from './workspace-clients';

/** Who sends a request, and in which way. Connections with equal keys may share requests. */
export interface Identity {
  /** A digest: it covers the credentials. */
  readonly key: string;
  readonly client: WorkspaceClient;
  readonly workspace: Workspace;
  readonly agent: Agent | undefined;
  /** Headers of authenticated requests, or why there are none. */
  readonly headers: Readonly<Record<string, string>> | 'missing' | 'failed';
}

export type IdentityOptions = Pick<
  ResolvedExporterOptions,
  'credentialsTimeoutMs' | 'customHeaders'
>;

/** A header that HTTP does not allow. */
export interface InvalidHeader {
  readonly invalidHeader: string;
}

/** Finds out who sends the records of a connection, and in which way. */
export class Identities {
  readonly #clients: WorkspaceClients;
  readonly #options: IdentityOptions;
  readonly #signal: AbortSignal;
  /** The client that a connection used last. */
  readonly #lastClients = new Map<string, WorkspaceClient>();

  constructor(clients: WorkspaceClients, options: IdentityOptions, signal: AbortSignal) {
    this.#clients = clients;
    this.#options = options;
    this.#signal = signal;
  }

  forget(connectionId: string): void {
    this.#lastClients.delete(connectionId);
  }

  /**
   * Asks for the agent and the credentials of a batch, unless nothing may be sent now.
   *
   * @param isRefused whether the workspace has refused the last credentials
   * @returns the identity, or the fate of the whole batch
   */
  async of(batch: BatchInFlight, isRefused: boolean): Promise<Identity | Fate | InvalidHeader> {
    const { host, orgId, isGone, id } = batch.destination;
    if (isGone) return { kind: 'dropped', reason: 'no_credentials' };
    const obstacle = this.#lastClients.get(id)?.obstacle;
    if (obstacle) return obstacle;

    // Both at once: the connection may be closing.
    const [agent, credentials] = await Promise.all([
      this.#agent(batch),
      this.#credentials(batch, isRefused),
    ]);
    if (this.#signal.aborted) return { kind: 'undelivered', reason: 'shutdown' };
    // Another agent could go around the connection's proxy.
    if (agent.kind !== 'value' || credentials.kind === 'timeout') {
      return { kind: 'undelivered', reason: 'credentials_unavailable' };
    }
    const client = this.#clients.of(host, orgId, agentKey(agent.value));
    this.#lastClients.set(id, client);
    const headers = this.#headers(batch, credentials);
    const invalid = typeof headers === 'object' ? invalidHeader(headers) : undefined;
    if (invalid !== undefined) return { invalidHeader: invalid };
    const sender = typeof headers === 'object' ? Object.entries(headers) : userAgentOf(batch);
    return {
      key: digest([client.key, sender]),
      client,
      workspace: { host, orgId },
      agent: agent.value,
      headers,
    };
  }

  #agent({ destination }: BatchInFlight): Promise<Answer<Agent | undefined>> {
    return destination.agent
      ? answerOf(destination.agent, this.#options.credentialsTimeoutMs, this.#signal)
      : Promise.resolve({ kind: 'value', value: undefined });
  }

  #credentials({ destination }: BatchInFlight, isRefused: boolean): Promise<Credentials> {
    const { headers } = destination;
    const source = headers && (() => headers(isRefused));
    return fetchCredentials(source, this.#options.credentialsTimeoutMs, this.#signal);
  }

  #headers(
    batch: BatchInFlight,
    credentials: Exclude<Credentials, { kind: 'timeout' }>,
  ): Identity['headers'] {
    if (credentials.kind !== 'present') return credentials.kind;
    return authenticatedHeaders(
      { userAgent: userAgentOf(batch), orgId: batch.destination.orgId },
      this.#options.customHeaders,
      credentials.headers,
    );
  }
}

export function askerOf({ key, client }: Identity): Asker {
  return { way: client.key, identity: key };
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('base64');
}
