import { delay } from '../clock';
import type { Answer, Endpoint, Exchange, IncomingRequest } from '../endpoint';
import { Presigner, storageError } from './presigner';
import type { PresignedLink } from './presigner';

const PATH_PREFIX = '/warehouse-results/';
const MEBIBYTE_BYTES = 1024 * 1024;
/** Beyond this, files that were downloaded go; clients may still be at it long after the operation was closed. */
const SERVED_CAPACITY_BYTES = 64 * MEBIBYTE_BYTES;
/** Beyond this, any file goes. */
const CAPACITY_BYTES = 512 * MEBIBYTE_BYTES;

/** A file in the storage and what is to happen when it is fetched. */
export interface StoredFile {
  readonly bytes: Buffer;
  readonly statementId: string;
  readonly delayMs: number;
  /** Refuses the download with this status. */
  readonly failureStatus: number | undefined;
  /** Called when the whole file has been sent. */
  readonly onServed: () => void;
}

/** Cloud storage for result files: each can be had by its presigned URL alone, without a token, until that expires. */
export class ResultStorage implements Endpoint {
  readonly name = 'storage';
  readonly #presigner = new Presigner();
  readonly #files = new Map<string, StoredFile>();
  readonly #served = new Set<string>();
  readonly #signal: AbortSignal;
  #storedBytes = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** Stores a file and signs a link to it. The oldest files go when there is too much. */
  put(origin: string, name: string, file: StoredFile, lifetimeMs: number): PresignedLink {
    const path = `${PATH_PREFIX}${file.statementId}/${name}`;
    this.#remove(path);
    this.#files.set(path, file);
    this.#storedBytes += file.bytes.length;
    this.#evict();
    return this.#presigner.sign(origin, 'GET', path, lifetimeMs);
  }

  serves(request: IncomingRequest): boolean {
    return request.path.startsWith(PATH_PREFIX);
  }

  open(request: IncomingRequest): Exchange {
    const file = this.#files.get(request.path);
    const refused = this.#refusal(request, file);
    return {
      needsToken: false,
      facts: file ? { statementId: file.statementId } : {},
      answer: async () => {
        if (file) await delay(file.delayMs, this.#signal);
        if (refused) return refused;
        return {
          status: 200,
          headers: { 'content-type': 'binary/octet-stream' },
          body: file?.bytes ?? Buffer.alloc(0),
        };
      },
      ended: (_, complete) => {
        if (!complete || refused) return;
        this.#served.add(request.path);
        file?.onServed();
      },
    };
  }

  #evict(): void {
    for (const path of this.#files.keys()) {
      if (this.#storedBytes <= SERVED_CAPACITY_BYTES) return;
      if (this.#storedBytes > CAPACITY_BYTES || this.#served.has(path)) this.#remove(path);
    }
  }

  #remove(path: string): void {
    this.#served.delete(path);
    this.#storedBytes -= this.#files.get(path)?.bytes.length ?? 0;
    this.#files.delete(path);
  }

  #refusal(request: IncomingRequest, file: StoredFile | undefined): Answer | undefined {
    const refusal = this.#presigner.refusal(request);
    if (refusal) return refusal;
    if (!file) return storageError(404, 'NoSuchKey', 'The specified key does not exist.');
    return file.failureStatus === undefined
      ? undefined
      : storageError(file.failureStatus, 'AccessDenied', 'Access Denied');
  }
}
