import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 100;
const START_LIMIT_MS = 60_000;
const KEPT_OUTPUT = 20_000;

/** A process that can be killed and started again. */
export class Supervised {
  readonly #command: string;
  readonly #words: readonly string[];
  readonly #environment: NodeJS.ProcessEnv;
  readonly #url: string;
  #child: ChildProcess | undefined;
  output = '';
  kills = 0;

  /** @param url answers with any status when the process is there */
  constructor(
    command: string,
    words: readonly string[],
    environment: NodeJS.ProcessEnv,
    url: string,
  ) {
    this.#command = command;
    this.#words = words;
    this.#environment = environment;
    this.#url = url;
  }

  async start(): Promise<void> {
    const child = spawn(this.#command, this.#words, {
      env: { ...process.env, ...this.#environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-KEPT_OUTPUT);
      });
    }
    const endMs = Date.now() + START_LIMIT_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || Date.now() > endMs) {
        throw new Error(`${this.#command} does not start:\n${this.output}`);
      }
      await wait(POLL_MS);
    }
  }

  /** As `kill -9`. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
    this.kills += 1;
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  async #answers(): Promise<boolean> {
    try {
      await (await fetch(this.#url)).arrayBuffer();
      return true;
    } catch {
      return false;
    }
  }
}
