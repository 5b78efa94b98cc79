import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LocalWarehouse, type LoggedRequest } from '@dbsql-otel/local-warehouse';
import type { Report, Task } from './application';
import type { Program, Step } from './program';

/** Requests of the driver may outlive the call that caused them: how long to wait for both sides to have had theirs. */
const SETTLE_TIMEOUT_MS = 3_000;
const SETTLE_POLL_MS = 3;
const EXIT_TIMEOUT_MS = 20_000;
const TELEMETRY_ENDPOINTS: ReadonlySet<string> = new Set(['telemetry', 'feature-flags']);

/** What can be seen of one run of a program: by the application, and by the warehouse. */
export interface Observation {
  readonly transcript: readonly string[];
  readonly wire: readonly string[];
  readonly unhandledRejections: readonly string[];
  /** What was written to standard output and standard error. */
  readonly output: string;
}

/** What can be seen of the end of an application. */
export interface End {
  readonly code: number | null;
  readonly output: string;
}

/** An application with a warehouse of its own. */
class Side {
  #output = '';
  private constructor(
    readonly warehouse: LocalWarehouse,
    readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    }
  }

  static async start(kind: 'bare' | 'traced'): Promise<Side> {
    const warehouse = await LocalWarehouse.start();
    const child = fork(path.join(__dirname, 'application.js'), [kind], { silent: true });
    const side = new Side(warehouse, child);
    await once(child, 'message');
    return side;
  }

  async run(program: Program): Promise<Report> {
    const { warehouse, child } = this;
    warehouse.reset();
    warehouse.clearLogs();
    for (const fault of [...program.faults, ...program.telemetry]) warehouse.fault(fault);
    const task: Task = { connection: warehouse.connectionOptions(), program };
    child.send(task);
    const ended = new AbortController();
    const [answer] = (await Promise.race([
      once(child, 'message', { signal: ended.signal }),
      once(child, 'exit', { signal: ended.signal }).then(([code]) => {
        throw new Error(`the application ended with ${String(code)}: ${this.#output}`);
      }),
    ])) as [Report];
    ended.abort();
    return answer;
  }

  get output(): string {
    return this.#output;
  }

  /** The requests of the driver, without what differs from process to process. */
  wire(isOrdered: boolean): readonly string[] {
    const known = new Known(this.warehouse, isOrdered);
    const requests = this.warehouse.requests.filter(
      ({ endpoint }) => !TELEMETRY_ENDPOINTS.has(endpoint),
    );
    const lines = (isStorage: boolean): string[] =>
      requests
        .filter(({ endpoint }) => (endpoint === 'storage') === isStorage)
        .map((request) => known.without(line(request)));
    const calls = lines(false);
    // Downloads run side by side.
    return [...(isOrdered ? calls : calls.sort()), ...lines(true).sort()];
  }

  describe(report: Report, isOrdered: boolean): Observation {
    const known = new Known(this.warehouse, isOrdered);
    return {
      transcript: report.transcript.map((text) => known.without(text)),
      wire: this.wire(isOrdered),
      unhandledRejections: report.unhandledRejections,
      output: this.#output,
    };
  }

  /** Lets the application end by itself. */
  async end(): Promise<End> {
    const exited = once(this.child, 'exit', { signal: AbortSignal.timeout(EXIT_TIMEOUT_MS) });
    this.child.disconnect();
    try {
      const [code] = (await exited) as [number | null];
      return { code, output: this.#output };
    } finally {
      this.child.kill('SIGKILL');
      await this.warehouse.stop();
    }
  }
}

/** The bare driver and the traced one, each in a process of its own, for as many programs as are given. */
export class Pair {
  private constructor(
    private readonly bare: Side,
    private readonly traced: Side,
  ) {}

  static async start(): Promise<Pair> {
    const [bare, traced] = await Promise.all([Side.start('bare'), Side.start('traced')]);
    return new Pair(bare, traced);
  }

  /** Runs a program on both; to be compared. */
  async run(program: Program): Promise<{
    readonly bare: Observation;
    readonly traced: Observation;
    readonly unaccounted: readonly number[];
  }> {
    const [bareReport, tracedReport] = await Promise.all([
      this.bare.run(program),
      this.traced.run(program),
    ]);
    const isOrdered = !program.steps.some(isConcurrent);
    await this.settled(isOrdered);
    return {
      bare: this.bare.describe(bareReport, isOrdered),
      traced: this.traced.describe(tracedReport, isOrdered),
      unaccounted: tracedReport.unaccounted,
    };
  }

  async end(): Promise<{ readonly bare: End; readonly traced: End }> {
    const [bare, traced] = await Promise.all([this.bare.end(), this.traced.end()]);
    return { bare, traced };
  }

  /** Telemetry the traced application delivered so far, in logs of the current program. */
  get delivered(): number {
    return this.traced.warehouse.telemetry.reduce((sum, post) => sum + post.accepted.length, 0);
  }

  private async settled(isOrdered: boolean): Promise<void> {
    const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
    while (performance.now() < deadlineMs) {
      const [bare, traced] = [this.bare.wire(isOrdered), this.traced.wire(isOrdered)];
      if (bare.length === traced.length && bare.every((text, index) => text === traced[index])) {
        return;
      }
      await wait(SETTLE_POLL_MS);
    }
  }
}

function isConcurrent(step: Step): boolean {
  return step.do === 'together';
}

function line({ name, method, path: target, args, headers, status }: LoggedRequest): string {
  const { host: _host, authorization, ...others } = headers;
  return JSON.stringify({ name, method, target, args, authorization, others, status });
}

const UUID = /[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}/gi;

/** Thrift's own 64-bit numbers. */
const SERVER_TIME = /(operation(?:Started|Completed): \{ buffer: )<Buffer[ 0-9a-f]*>/g;

/** Stands for what is made anew in each process: ids by the order in which they appear, ports, tokens. */
class Known {
  readonly #ids = new Map<string, string>();

  constructor(
    private readonly warehouse: LocalWarehouse,
    private readonly isOrdered: boolean,
  ) {}

  without(text: string): string {
    const { token, warehouseId, workspaceId, port } = this.warehouse;
    return text
      .replaceAll(token, '<token>')
      .replaceAll(warehouseId, '<warehouse>')
      .replaceAll(workspaceId, '<workspace>')
      .replaceAll(`:${port}`, ':<port>')
      .replace(SERVER_TIME, '$1<time>')
      .replace(UUID, (id) => {
        if (!this.isOrdered) return '<id>';
        const known = this.#ids.get(id) ?? `<id ${this.#ids.size}>`;
        this.#ids.set(id, known);
        return known;
      });
  }
}
