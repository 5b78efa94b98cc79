import type { Endpoint, Exchange, IncomingRequest } from '../endpoint';
import { column, table } from '../engine/relation';
import type { Relation } from '../engine/types';
import { Presigner, storageError } from './presigner';

const PATH_PREFIX = '/volume-storage';
const LINK_LIFETIME_MS = 15 * 60 * 1000;
const EMPTY = Buffer.alloc(0);
const STRING_MAP = { kind: 'MAP', key: { kind: 'STRING' }, value: { kind: 'STRING' } } as const;
const REQUIRED_HEADER = ['x-amz-server-side-encryption', 'AES256'] as const;

type StagingCommand =
  | { readonly operation: 'PUT' | 'GET'; readonly volumePath: string; readonly localFile: string }
  | { readonly operation: 'REMOVE'; readonly volumePath: string };

const HTTP_METHODS = { PUT: 'PUT', GET: 'GET', REMOVE: 'DELETE' } as const;

/** Files in volumes, moved by `PUT … INTO`, `GET … TO` and `REMOVE` with presigned URLs. */
export class Volumes implements Endpoint {
  readonly name = 'storage';
  /** The files by their volume path, e.g. `/Volumes/main/default/files/a.csv`. */
  readonly files = new Map<string, Buffer>();
  readonly #presigner = new Presigner();

  /** The one-row result that names the file to move and where to; undefined for any other SQL. */
  stage(sql: string, origin: string): Relation | undefined {
    const command = parseStagingCommand(sql);
    if (!command) return undefined;
    const { operation, volumePath } = command;
    const path = `${PATH_PREFIX}${encodeURI(volumePath)}`;
    const { url } = this.#presigner.sign(origin, HTTP_METHODS[operation], path, LINK_LIFETIME_MS);
    const columns = [
      column('operation', 'STRING'),
      column('presignedUrl', 'STRING'),
      column('headers', STRING_MAP),
    ];
    const headers = operation === 'PUT' ? [REQUIRED_HEADER] : [];
    // The drivers take a NULL localFile for a path: without one the column has to be absent.
    return command.operation === 'REMOVE'
      ? table(columns, [[operation, url, headers]])
      : table(
          [...columns, column('localFile', 'STRING')],
          [[operation, url, headers, command.localFile]],
        );
  }

  serves(request: IncomingRequest): boolean {
    return request.path.startsWith(`${PATH_PREFIX}/`);
  }

  open(request: IncomingRequest): Exchange {
    const refused = this.#presigner.refusal(request);
    const volumePath = decodeURI(request.path.slice(PATH_PREFIX.length));
    return {
      needsToken: false,
      answer: () => {
        if (refused) return refused;
        if (request.method === 'PUT') {
          this.files.set(volumePath, request.body);
          return { status: 200, body: EMPTY };
        }
        const body = this.files.get(volumePath);
        if (!body) return storageError(404, 'NoSuchKey', 'The specified key does not exist.');
        if (request.method === 'GET') return { status: 200, body };
        this.files.delete(volumePath);
        return { status: 204, body: EMPTY };
      },
    };
  }
}

function parseStagingCommand(sql: string): StagingCommand | undefined {
  const text = sql.replace(/\/\*.*?\*\//gs, ' ').trim();
  const put = /^put\s+'([^']+)'\s+into\s+'([^']+)'/i.exec(text);
  if (put) return { operation: 'PUT', localFile: put[1] ?? '', volumePath: put[2] ?? '' };
  const get = /^get\s+'([^']+)'\s+to\s+'([^']+)'/i.exec(text);
  if (get) return { operation: 'GET', volumePath: get[1] ?? '', localFile: get[2] ?? '' };
  const remove = /^remove\s+'([^']+)'/i.exec(text);
  return remove ? { operation: 'REMOVE', volumePath: remove[1] ?? '' } : undefined;
}
