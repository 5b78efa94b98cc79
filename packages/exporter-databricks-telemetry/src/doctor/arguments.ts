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
  | { readonly kind: 'error'; readonly message: string };

export const USAGE = `Usage: exporter-databricks-telemetry doctor [options]

Says what keeps traces or telemetry of the Databricks SQL driver from arriving. Run it where the application runs.

  --setup <file>         load this OpenTelemetry setup as the application does, and look at the result
  --host <name>          workspace        (default: DATABRICKS_SERVER_HOSTNAME or DATABRICKS_HOST)
  --http-path <path>     SQL warehouse    (default: DATABRICKS_HTTP_PATH); a session is opened, which starts the warehouse
  --token <token>        access token     (default: DATABRICKS_TOKEN, which other users of the machine cannot see)
  --port <number>        port of the host (default: 443)
  --allow-private-hosts  accept a workspace at a private or loopback address
  --send                 post the telemetry of that session; without it, it is only composed
  --help                 this text

Exit code: 0 nothing to mend, 1 something to mend, 2 the arguments are wrong.
`;

const VALUES = new Set(['--setup', '--host', '--http-path', '--token', '--port']);
const SWITCHES = new Set(['--send', '--allow-private-hosts']);
const MAX_PORT = 65_535;

function fail(message: string): Arguments {
  return { kind: 'error', message };
}

/** Splits `--name=value` and `--name value`; the message of an error never quotes a value. */
function read(words: readonly string[]): Map<string, string> | string {
  const given = new Map<string, string>();
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [name = '', inline] = word.split(/=(.*)/s);
    if (!name.startsWith('--')) return 'only options are expected after doctor';
    if (SWITCHES.has(name)) {
      if (inline !== undefined) return `${name} takes no value`;
      given.set(name, '');
    } else if (VALUES.has(name)) {
      const value = inline ?? rest.shift();
      if (value === undefined || value === '' || value.startsWith('--')) {
        return `${name} needs a value`;
      }
      given.set(name, value);
    } else {
      return `unknown option ${name}`;
    }
  }
  return given;
}

/** Reads the command line, without `node` and the script. */
export function parseArguments(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Arguments {
  const [command, ...rest] = words;
  if (command === '--help' || rest.includes('--help')) return { kind: 'help' };
  if (command === undefined) return fail('a command is needed: doctor');
  if (command !== 'doctor') return fail('the only command is doctor');
  const given = read(rest);
  if (typeof given === 'string') return fail(given);

  const setting = (name: string, ...variables: readonly string[]): string | undefined =>
    given.get(name) ?? variables.map((variable) => environment[variable]).find(Boolean);
  const port = given.get('--port');
  if (
    port !== undefined &&
    !(/^\d{1,5}$/.test(port) && Number(port) > 0 && Number(port) <= MAX_PORT)
  ) {
    return fail(`--port must be a number from 1 to ${MAX_PORT}`);
  }
  const options: DoctorOptions = {
    setup: given.get('--setup'),
    // `DATABRICKS_HOST` of other tools is a URL; the driver takes the bare name.
    host: setting('--host', 'DATABRICKS_SERVER_HOSTNAME', 'DATABRICKS_HOST')?.replace(
      /^https?:\/\/|\/+$/g,
      '',
    ),
    port: port === undefined ? undefined : Number(port),
    httpPath: setting('--http-path', 'DATABRICKS_HTTP_PATH'),
    token: setting('--token', 'DATABRICKS_TOKEN'),
    allowPrivateHosts: given.has('--allow-private-hosts'),
    send: given.has('--send'),
  };
  if (options.send && (!options.host || !options.httpPath || !options.token)) {
    return fail('--send needs a host, an http path and a token');
  }
  return { kind: 'run', options };
}
