import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import type { LoggedRequest } from '@dbsql-otel/local-warehouse';
import type { Line, Report, Task } from './application';
import type { Program, Step } from './program';

/** Requests of the driver may outlive the call that caused them: how long to wait for both sides to have had theirs. */
const SETTLE_TIMEOUT_MS = 15_000;
const SETTLE_POLL_MS = 3;
/** The driver itself waits for ever in places: a call that takes so long never comes back. */
const CALL_TIMEOUT_MS = 30_000;
const EXIT_TIMEOUT_MS = 20_000;
const TELEMETRY_ENDPOINTS: ReadonlySet<string> = new Set(['telemetry', 'feature-flags']);

type Kind = 'bare' | 'traced';

/** What can be seen of one run of a program: by the application, and by the warehouse. */
export interface Observation {
  /** What each call came to; `NEVER_SETTLED` closes that of a program whose last call did not come back. */
  readonly transcript: readonly string[];
  readonly wire: readonly string[];
  readonly unhandledRejections: readonly string[];
  /** What was written to standard output and standard error. */
  readonly output: string;
}

export const NEVER_SETTLED = 'never settled';

/** What can be seen of the end of an application. */
export interface End {
  readonly code: number | null;
  readonly output: string;
}

/** One run of a program by one application; no report when a call of it never came back. */
interface Run {
  readonly transcript: readonly string[];
  readonly report: Report | undefined;
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

  static async start(kind: Kind): Promise<Side> {
    const warehouse = await LocalWarehouse.start();
    const child = fork(path.join(__dirname, 'application.js'), [kind], { silent: true });
    const side = new Side(warehouse, child);
    await once(child, 'message');
    return side;
  }

  run(program: Program): Promise<Run> {
    const { warehouse, child } = this;
    warehouse.reset();
    warehouse.clearLogs();
    for (const fault of [...program.faults, ...program.telemetry]) warehouse.fault(fault);
    const task: Task = { connection: warehouse.connectionOptions(), program };
    const transcript: string[] = [];
    return new Promise<Run>((resolve, reject) => {
      const end = (report: Report | undefined): void => {
        clearTimeout(timer);
        child.off('message', onMessage).off('exit', onExit);
        resolve({ transcript, report });
      };
      const timer = setTimeout(() => {
        transcript.push(NEVER_SETTLED);
        end(undefined);
      }, CALL_TIMEOUT_MS);
      const onMessage = (message: Line | Report): void => {
        if (!('line' in message)) {
          end(message);
          return;
        }
        transcript.push(message.line);
        timer.refresh();
      };
      const onExit = (code: number | null): void => {
        clearTimeout(timer);
        reject(new Error(`the application ended with ${String(code)}: ${this.#output}`));
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(task);
    });
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

  /** How many requests a call that never settles makes is a matter of when one stops looking. */
  describe({ transcript, report }: Run, isOrdered: boolean): Observation {
    const known = new Known(this.warehouse, isOrdered);
    return {
      transcript: transcript.map((text) => known.without(text)),
      wire: report ? this.wire(isOrdered) : [],
      unhandledRejections: report?.unhandledRejections ?? [],
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
      await this.kill();
    }
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.warehouse.stop();
  }
}

/** The bare driver and the traced one, each in a process of its own, for as many programs as are given. */
export class Pair {
  private constructor(
    private bare: Side,
    private traced: Side,
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
    const [bareRun, tracedRun] = await Promise.all([
      this.bare.run(program),
      this.traced.run(program),
    ]);
    const isOrdered = !program.steps.some(isConcurrent);
    const haveEnded = bareRun.report !== undefined && tracedRun.report !== undefined;
    if (haveEnded) await this.settled(isOrdered);
    const observed = {
      bare: this.bare.describe(bareRun, isOrdered),
      traced: this.traced.describe(tracedRun, isOrdered),
      unaccounted: tracedRun.report?.unaccounted ?? [0, 0],
    };
    if (!haveEnded) await this.restart();
    return observed;
  }

  private async restart(): Promise<void> {
    await Promise.all([this.bare.kill(), this.traced.kill()]);
    [this.bare, this.traced] = await Promise.all([Side.start('bare'), Side.start('traced')]);
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
