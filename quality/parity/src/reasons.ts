import type { Row } from './row';

const NEVER_FILLED = 'never filled';
const LOST: Readonly<Record<string, string>> = {
  'failed open': 'a failed openSession is not reported',
  'failed connect': 'a failed connect is not reported',
  'error at submit': 'a failed submit is not reported',
  getInfo: 'not reported',
  'never closed': 'its last batch waits for a timer that does not hold the process',
  'client.close that rejects': 'a close that rejects delivers nothing',
};
const FIELD_REASONS: Readonly<Record<string, string>> = {
  statement_type: NEVER_FILLED,
  volume_operation_type: NEVER_FILLED,
  n_operation_status_calls: NEVER_FILLED,
  operation_status_latency_millis: NEVER_FILLED,
  retry_count: NEVER_FILLED,
  chunk_id: NEVER_FILLED,
  result_set_ready_latency_millis: NEVER_FILLED,
  result_set_consumption_latency_millis: NEVER_FILLED,
  execution_result: 'known only when the application asks for the metadata',
  is_compressed: 'known only from CloudFetch files',
  operation_type: 'primary keys and cross references have none',
  operation_latency_ms: 'begins when the submit was answered, ends with the close',
  total_chunks_present:
    'the same number twice: FetchResults calls and files that arrived before the close',
  total_chunks_iterated:
    'the same number twice: FetchResults calls and files that arrived before the close',
  initial_chunk_latency_millis:
    'that of the first FetchResults call, or of the file that came first',
  slowest_chunk_latency_millis: 'FetchResults calls are counted as chunks',
  sum_chunks_download_time_millis: 'FetchResults calls are counted as chunks',
  error_name: 'the name of the error class',
  stack_trace: 'begins with the message',
};

/** Why the built-in telemetry does not say what is true. */
export function reason({
  event,
  log,
  field,
  theirs,
}: Pick<Row, 'event' | 'log' | 'field' | 'theirs'>): string | undefined {
  const lost = LOST[event];
  if (lost !== undefined && (theirs === undefined || theirs === 0)) return lost;
  if (log === 'cancel') return 'a cancel is not reported';
  if (field === 'error_name' && theirs === undefined) return 'in a second log, without a type';
  if (field === 'stack_trace' && theirs === undefined) return 'in a second log, without a type';
  if (field === 'logs' && log === 'any other') {
    if (event.startsWith('error ')) return 'the error is a second log, without a type';
    return 'a download that outlives the close becomes a second log, without session and type';
  }
  if (event === 'cancel' && log === 'statement') return 'a cancel completes nothing';
  if (theirs === undefined && log !== 'statement') return NEVER_FILLED;
  return FIELD_REASONS[field];
}
