import { isIP } from 'node:net';
import { parseDocument } from 'yaml';
import { LIMITS, TIMING } from './config';
import type { GatewayConfig, SecretSource, TlsConfig, WorkspaceConfig } from './config';
import { Section } from './section';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 4_319;
const DEFAULT_DIRECTORY = './databricks-telemetry-journal';
const HOST = /^(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const VARIABLES = {
  host: 'DATABRICKS_TELEMETRY_GATEWAY_HOST',
  port: 'DATABRICKS_TELEMETRY_GATEWAY_PORT',
  journal: 'DATABRICKS_TELEMETRY_GATEWAY_JOURNAL',
} as const;

/** A configuration, or its mistakes, one line each. */
export type ParsedConfig =
  { readonly config: GatewayConfig } | { readonly mistakes: readonly string[] };

/**
 * Reads the YAML text of a configuration file. The variables `DATABRICKS_TELEMETRY_GATEWAY_HOST`, `…_PORT` and `…_JOURNAL`
 * come before the file.
 */
export function parseConfig(text: string, environment: Environment): ParsedConfig {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0) {
    return { mistakes: document.errors.map(({ message }) => `not YAML: ${firstLine(message)}`) };
  }
  const mistakes: string[] = [];
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 10 });
  } catch (error) {
    return { mistakes: [`not YAML: ${error instanceof Error ? firstLine(error.message) : ''}`] };
  }
  const root = new Section('', value ?? {}, mistakes);
  const config: GatewayConfig = {
    listen: readListen(root.section('listen'), environment, mistakes),
    tls: root.has('tls') ? readTls(root.section('tls')) : undefined,
    bearerToken: root.has('bearerToken') ? readSecret(root.section('bearerToken')) : undefined,
    journal: readJournal(root.section('journal'), environment),
    workspaces: root.list('workspaces').map(readWorkspace),
    allowPrivateHosts: root.boolean('allowPrivateHosts', false),
    limits: root.section('limits').numbers(LIMITS),
    timing: root.section('timing').numbers(TIMING, false),
  };
  root.finish();
  checkTogether(config, mistakes);
  return mistakes.length === 0 ? { config } : { mistakes };
}

function readListen(
  section: Section,
  environment: Environment,
  mistakes: string[],
): GatewayConfig['listen'] {
  const host = section.text('host', '127.0.0.1');
  const port = section.integer('port', DEFAULT_PORT, 0, 65_535);
  section.finish();
  const givenPort = environment[VARIABLES.port]?.trim() || undefined;
  if (givenPort !== undefined && !/^\d{1,5}$/.test(givenPort)) {
    mistakes.push(`${VARIABLES.port} must be a port from 0 to 65535`);
  }
  return {
    host: environment[VARIABLES.host]?.trim() || host,
    port: givenPort === undefined ? port : Number(givenPort),
  };
}

function readJournal(section: Section, environment: Environment): GatewayConfig['journal'] {
  const directory = section.text('directory', DEFAULT_DIRECTORY);
  const sync = section.boolean('sync', true);
  section.finish();
  return { directory: environment[VARIABLES.journal]?.trim() || directory, sync };
}

function readTls(section: Section): TlsConfig {
  const tls = {
    certFile: section.text('certFile'),
    keyFile: section.text('keyFile'),
    clientCaFile: section.has('clientCaFile') ? section.text('clientCaFile') : undefined,
  };
  section.finish();
  return tls;
}

function readSecret(section: Section): SecretSource {
  const isFile = section.has('file');
  if (isFile === section.has('env')) {
    section.mistake(
      'must be { file: PATH } or { env: VARIABLE }; a secret never stands in this file',
    );
    return { env: '' };
  }
  const source = isFile ? { file: section.text('file') } : { env: section.text('env') };
  section.finish();
  return source;
}

function readWorkspace(section: Section): WorkspaceConfig {
  const host = section.text('host').toLowerCase();
  if (host !== '' && !HOST.test(host) && isIP(host) !== 4) {
    section.mistake('host must be the bare name of the workspace, without scheme, port and path');
  }
  const hasToken = section.has('token');
  if (hasToken === section.has('oauth')) {
    section.mistake('needs one of token and oauth');
  }
  const workspace: WorkspaceConfig = {
    host,
    port: section.integer('port', 443, 1, 65_535),
    credentials: section.has('oauth')
      ? { kind: 'oauth', client: readOAuth(section.section('oauth')) }
      : { kind: 'token', token: hasToken ? readSecret(section.section('token')) : { env: '' } },
    caFile: section.has('caFile') ? section.text('caFile') : undefined,
  };
  section.finish();
  return workspace;
}

function readOAuth(section: Section): { clientId: string; clientSecret: SecretSource } {
  const clientId = section.text('clientId');
  if (!section.has('clientSecret')) section.mistake('clientSecret is missing');
  const clientSecret = section.has('clientSecret')
    ? readSecret(section.section('clientSecret'))
    : { env: '' };
  section.finish();
  return { clientId, clientSecret };
}

function checkTogether(config: GatewayConfig, mistakes: string[]): void {
  const { workspaces, listen, bearerToken, tls } = config;
  if (workspaces.length === 0) {
    mistakes.push('workspaces must list at least one workspace: spans of other hosts are dropped');
  }
  const keys = workspaces.map(({ host, port }) => `${host}:${port}`);
  for (const key of new Set(keys.filter((each, index) => keys.indexOf(each) !== index))) {
    mistakes.push(`workspaces lists ${key} twice`);
  }
  const isProtected = bearerToken !== undefined || tls?.clientCaFile !== undefined;
  if (!isLoopback(listen.host) && !isProtected) {
    mistakes.push(
      `listen.host ${listen.host} is not loopback: set bearerToken or tls.clientCaFile, or listen on 127.0.0.1`,
    );
  }
}

/** Names may resolve to anything, so only addresses and `localhost` count. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]?.replace(/:$/, '') ?? '';
}
