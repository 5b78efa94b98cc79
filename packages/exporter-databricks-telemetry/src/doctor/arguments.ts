import { parseArgs } from 'node:util';

/** What the doctor was asked to do. */
export interface DoctorOptions {
  /** File that sets OpenTelemetry up, as the application is started with it. */
  readonly setup: string | undefined;
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly httpPath: string | undefined;
  readonly token: string | undefined;
  readonly allowPrivateHosts: boolean;
  /** Posts the record of the session it opens, rather than only composing it. */
  readonly send: boolean;
}

export type Arguments =
  | { readonly kind: 'run'; readonly options: DoctorOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'error'; readonly message: string };

export const USAGE = `Usage: exporter-databricks-telemetry doctor [options]

Finds out why traces or telemetry of the Databricks SQL driver do not arrive. Run it where the application runs.

  --setup <file>         load this OpenTelemetry setup (a file or a package) as the application does, and check the result;
                         it also sends an empty request to each OTLP endpoint of the setup
  --host <name>          workspace        (default: DATABRICKS_SERVER_HOSTNAME or DATABRICKS_HOST)
  --http-path <path>     SQL warehouse    (default: DATABRICKS_HTTP_PATH); a session is opened, which starts the warehouse
  --token <token>        access token     (default: DATABRICKS_TOKEN, which other users of the machine cannot see)
  --port <number>        port of the host (default: 443)
  --allow-private-hosts  accept a workspace at a private or loopback address
  --send                 post the telemetry of that session; without it, it is only composed
  -h, --help             this text
  -v, --version          the version of this package

Exit code: 0 no problem found, 1 a problem found, 2 invalid arguments.
`;

const OPTIONS = {
  setup: { type: 'string' },
  host: { type: 'string' },
  'http-path': { type: 'string' },
  token: { type: 'string' },
  port: { type: 'string' },
  send: { type: 'boolean' },
  'allow-private-hosts': { type: 'boolean' },
} as const;
const MAX_PORT = 65_535;
const HELP: ReadonlySet<string> = new Set(['--help', '-h']);
const VERSION: ReadonlySet<string> = new Set(['--version', '-v', '-V']);

function fail(message: string): Arguments {
  return { kind: 'error', message };
}

/** The given options by name, or what is wrong with them. The errors of `parseArgs` are not used: they quote values. */
function read(words: readonly string[]): Map<string, string> | string {
  const { tokens } = parseArgs({ args: [...words], options: OPTIONS, strict: false, tokens: true });
  const given = new Map<string, string>();
  for (const token of tokens) {
    if (token.kind !== 'option') return 'only options are expected after doctor';
    const { name, rawName, value } = token;
    if (!Object.hasOwn(OPTIONS, name)) return `unknown option ${rawName}`;
    if (OPTIONS[name as keyof typeof OPTIONS].type === 'boolean') {
      if (value !== undefined) return `${rawName} takes no value`;
    } else if (value === undefined || value === '' || value.startsWith('--')) {
      return `${rawName} needs a value`;
    }
    given.set(name, value ?? '');
  }
  return given;
}

/** Reads the command line, without `node` and the script. */
export function parseArguments(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  const [command, ...rest] = words;
  if (words.some((word) => HELP.has(word)) || command === 'help') return { kind: 'help' };
  if (words.some((word) => VERSION.has(word)) || command === 'version') return { kind: 'version' };
  if (rest.length === 1 && rest[0] === 'help') return { kind: 'help' };
  if (command === undefined) return fail('a command is needed: doctor');
  if (command !== 'doctor') return fail('the only command is doctor');
  const given = read(rest);
  if (typeof given === 'string') return fail(given);

  const setting = (name: string, ...variables: readonly string[]): string | undefined =>
    given.get(name) ?? variables.map((variable) => environment[variable]).find(Boolean);
  const port = given.get('port');
  if (
    port !== undefined &&
    !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= MAX_PORT)
  ) {
    return fail(`--port must be a number from 1 to ${MAX_PORT}`);
  }
  const options: DoctorOptions = {
    setup: given.get('setup'),
    // `DATABRICKS_HOST` of other tools is a URL; the driver takes the bare name.
    host: setting('host', 'DATABRICKS_SERVER_HOSTNAME', 'DATABRICKS_HOST')?.replace(
      /^https?:\/\/|\/+$/g,
      '',
    ),
    port: port === undefined ? undefined : Number(port),
    httpPath: setting('http-path', 'DATABRICKS_HTTP_PATH'),
    token: setting('token', 'DATABRICKS_TOKEN'),
    allowPrivateHosts: given.has('allow-private-hosts'),
    send: given.has('send'),
  };
  if (options.send && (!options.host || !options.httpPath || !options.token)) {
    return fail('--send needs a host, an http path and a token');
  }
  return { kind: 'run', options };
}
