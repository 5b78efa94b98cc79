import type { Agent } from 'node:https';
import type { WorkspaceConfig } from '../config/config';
import { Secret } from '../config/secrets';
import { OAuthTokens } from './oauth';

/** The gateway's credentials for one workspace. */
export interface Credentials {
  /** The headers of a request. Rejects when there is no credential now. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** The workspace refused them. */
  refused(): void;
  /** Rejects when the secret is not where it is configured to be. */
  check(): Promise<void>;
}

export function credentialsOf(
  { credentials, host, port }: WorkspaceConfig,
  agent: Agent,
): Credentials {
  if (credentials.kind === 'token') {
    const token = new Secret(credentials.token);
    return {
      headers: async () => ({ Authorization: `Bearer ${await token.read()}` }),
      refused: () => undefined,
      check: async () => void (await token.read()),
    };
  }
  const { clientId, clientSecret: source } = credentials.client;
  const clientSecret = new Secret(source);
  const tokens = new OAuthTokens({ host, port, clientId, clientSecret, agent });
  return {
    headers: async () => ({ Authorization: `Bearer ${await tokens.token()}` }),
    refused: () => tokens.discard(),
    check: async () => void (await clientSecret.read()),
  };
}
