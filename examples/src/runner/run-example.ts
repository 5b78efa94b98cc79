import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import {
  LocalWarehouse,
  LOOPBACK_ADDRESS,
  STORAGE_HOST,
  WORKSPACE_HOST,
} from '@dbsql-otel/local-warehouse';
import type { LoggedRequest, TelemetryPost } from '@dbsql-otel/local-warehouse';
import { EXAMPLES_FOLDER } from './examples';
import type { Example } from './examples';
import { OtlpReceiver } from './otlp-receiver';
import type { ReceivedSpan } from './otlp-receiver';

/** The trace an example that serves requests is called from. */
export const CALLER_TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER_TRACEPARENT = `00-${CALLER_TRACE_ID}-00f067aa0ba902b7-01`;

const TELEMETRY_TENANT = 'telemetry';

/** What an example did, as seen by itself, by the OpenTelemetry backend and by the workspace. */
export interface ExampleRun {
  readonly exitCode: number | null;
  /** What ended it, when it has no exit code. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Body of the answer to the example's request, when it serves one. */
  readonly answer: string | undefined;
  readonly traces: readonly (readonly ReceivedSpan[])[];
  readonly metricNames: ReadonlySet<string>;
  readonly telemetry: readonly TelemetryPost[];
  readonly requests: readonly LoggedRequest[];
}

/** Sends the example's request once it listens, then ends it as a process supervisor does. */
async function callService(
  child: ChildProcess,
  listening: Promise<string>,
  requestPath: string,
): Promise<string> {
  const response = await fetch(`http://${LOOPBACK_ADDRESS}:${await listening}${requestPath}`, {
    headers: { traceparent: CALLER_TRACEPARENT, connection: 'close' },
  });
  const answer = await response.text();
  child.kill('SIGTERM');
  return answer;
}

/** Runs an example in a process of its own, against a workspace and an OpenTelemetry backend in this one. */
export async function runExample(
  { name, command, request }: Example,
  {
    onOutput = () => undefined,
    environment = {},
    endOnceSeen,
  }: {
    readonly onOutput?: (text: string) => void;
    /** On top of what every example gets. */
    readonly environment?: Readonly<Record<string, string>>;
    /** Standard output at which the process gets SIGTERM. */
    readonly endOnceSeen?: string;
  } = {},
): Promise<ExampleRun> {
  const warehouse = await LocalWarehouse.start();
  const receiver = new OtlpReceiver();
  const folder = await mkdtemp(path.join(tmpdir(), 'example-'));
  try {
    const certificates = path.join(folder, 'ca.pem');
    await writeFile(certificates, warehouse.authority.certificate);
    const child = spawn(
      process.execPath,
      ['--require', path.join(__dirname, 'redirect.js'), ...command],
      {
        cwd: path.join(EXAMPLES_FOLDER, name),
        env: {
          PATH: process.env['PATH'],
          DATABRICKS_SERVER_HOSTNAME: WORKSPACE_HOST,
          DATABRICKS_HTTP_PATH: warehouse.httpPath,
          DATABRICKS_TOKEN: warehouse.token,
          TELEMETRY_TOKEN: warehouse.tokens.issue(TELEMETRY_TENANT),
          OTEL_EXPORTER_OTLP_ENDPOINT: await receiver.start(),
          LOCAL_WAREHOUSE_HOSTS: [WORKSPACE_HOST, STORAGE_HOST].join(','),
          LOCAL_WAREHOUSE_PORT: String(warehouse.port),
          NODE_EXTRA_CA_CERTS: certificates,
          ...environment,
        },
      },
    );
    let stdout = '';
    let stderr = '';
    const listening = new Promise<string>((resolve) => {
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        onOutput(text);
        if (endOnceSeen !== undefined && stdout.includes(endOnceSeen)) child.kill('SIGTERM');
        const port = /^listening on (\d+)$/m.exec(stdout)?.[1];
        if (port !== undefined) resolve(port);
      });
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onOutput(text);
    });
    const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    const called =
      request === undefined ? Promise.resolve(undefined) : callService(child, listening, request);
    // An example that dies before it listens has to end the wait for it.
    await Promise.race([called, closed]);
    const [exitCode, signal] = await closed;
    return {
      exitCode,
      signal,
      stdout,
      stderr,
      answer: exitCode === 0 ? await called : undefined,
      traces: receiver.traces(),
      metricNames: receiver.metricNames,
      telemetry: [...warehouse.telemetry],
      requests: [...warehouse.requests],
    };
  } finally {
    await Promise.all([warehouse.stop(), receiver.stop(), rm(folder, { recursive: true })]);
  }
}
