import type { ResultFormat, ScriptedError, StatementScript } from './script';

const HINT = /\/\*\s*local-warehouse:(.*?)\*\//is;
const FORMATS: readonly ResultFormat[] = ['columnar', 'arrow', 'cloudfetch'];
const ERROR_PLACES: readonly ScriptedError['at'][] = [
  'submit',
  'execute',
  'poll',
  'metadata',
  'fetch',
  'download',
];

type Mutable<T> = { -readonly [Field in keyof T]: T[Field] };
type Setting = (script: Mutable<StatementScript>, value: string) => void;

function count(value: string): number {
  return value === 'forever' ? Infinity : Number(value);
}

function isOn(value: string): boolean {
  return value === '' || value === 'on' || value === 'true';
}

/** Every key a hint may hold. */
const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  Object.entries<Setting>({
    polls: (script, value) => (script.polls = count(value)),
    'pending-polls': (script, value) => (script.pendingPolls = count(value)),
    pending: (script, value) => (script.pendingMs = count(value)),
    running: (script, value) => (script.runningMs = count(value)),
    'submit-delay': (script, value) => (script.submitDelayMs = count(value)),
    'poll-delay': (script, value) => (script.pollDelayMs = count(value)),
    'fetch-delay': (script, value) => (script.fetchDelayMs = count(value)),
    'download-delay': (script, value) => (script.downloadDelayMs = count(value)),
    rows: (script, value) => (script.rows = count(value)),
    chunks: (script, value) => (script.chunks = count(value)),
    'rows-per-chunk': (script, value) => (script.rowsPerChunk = count(value)),
    pages: (script, value) => (script.pages = count(value)),
    lz4: (script, value) => (script.compressed = isOn(value)),
    direct: (script, value) => (script.directResults = isOn(value)),
    close: (script, value) => (script.closeOperation = isOn(value)),
    'link-lifetime': (script, value) => (script.linkLifetimeMs = count(value)),
    error: (script, value) => {
      const error = parseError(value);
      if (error) script.error = error;
    },
  }),
);

/**
 * Reads a hint such as `/* local-warehouse: polls=3 cloudfetch=20 pages=4 lz4 *\/`.
 * A format name takes the number of chunks; an error is `error=place[@index][:CONDITION[:SQLSTATE]]`.
 * Keys that are not known are ignored.
 */
export function parseHint(sql: string): StatementScript {
  const script: Mutable<StatementScript> = {};
  const words = HINT.exec(sql)?.[1]?.trim().split(/\s+/) ?? [];
  for (const word of words) {
    const [key = '', value = ''] = word.split(/=(.*)/s);
    const format = FORMATS.find((name) => name === key);
    if (format) {
      script.format = format;
      if (value !== '') script.chunks = count(value);
    } else {
      SETTINGS.get(key)?.(script, value);
    }
  }
  return script;
}

function parseError(text: string): ScriptedError | undefined {
  const [place = '', condition, sqlState] = text.split(':');
  const [name, index] = place.split('@');
  const at = ERROR_PLACES.find((known) => known === name);
  if (!at) return undefined;
  return {
    at,
    ...(condition === undefined ? {} : { condition }),
    ...(sqlState === undefined ? {} : { sqlState }),
    ...(index === undefined ? {} : { index: count(index) }),
  };
}
