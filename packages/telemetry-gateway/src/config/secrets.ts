import { readFile } from 'node:fs/promises';
import type { SecretSource } from './config';

/** How long a secret's file is not read again: a rotated one is used soon, and not every request costs a read. */
const KEPT_MS = 10_000;
/** What HTTP allows in a header. */
const PRINTABLE = /^[\x21-\x7e]+$/;

/** Reads a secret where it is configured to be. Messages name the place, never the secret. */
export class Secret {
  readonly #source: SecretSource;
  #value: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;

  constructor(source: SecretSource) {
    this.#source = source;
  }

  /** Where it is, for messages. */
  get place(): string {
    return 'file' in this.#source ? `file ${this.#source.file}` : `variable ${this.#source.env}`;
  }

  /** Rejects when there is none, or when it could not be sent in a header. */
  async read(): Promise<string> {
    const nowMs = performance.now();
    if (this.#value === undefined || nowMs - this.#readAtMs > KEPT_MS) {
      this.#value = await this.#readSource();
      this.#readAtMs = nowMs;
    }
    return this.#value;
  }

  async #readSource(): Promise<string> {
    const text =
      'file' in this.#source
        ? await readFile(this.#source.file, 'utf8').catch(() => {
            throw new Error(`the ${this.place} cannot be read`);
          })
        : (process.env[this.#source.env] ?? '');
    const secret = text.trim();
    if (secret === '') throw new Error(`the ${this.place} is empty`);
    if (!PRINTABLE.test(secret)) throw new Error(`the ${this.place} has more than printable ASCII`);
    return secret;
  }
}
