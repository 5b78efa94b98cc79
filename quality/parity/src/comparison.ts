import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { expectations } from './expectation';
import type { Expectation, Scripted, Truth } from './expectation';
import { at } from './log';
import { reason } from './reasons';
import type { Observation } from './observation';
import type { Row, Said } from './row';

const SQL_OPERATION = ['entry', 'sql_driver_log', 'sql_operation'];
const WAYS: Readonly<Record<string, readonly string[]>> = {
  operation_type: [...SQL_OPERATION, 'operation_detail', 'operation_type'],
  n_operation_status_calls: [...SQL_OPERATION, 'operation_detail', 'n_operation_status_calls'],
  operation_status_latency_millis: [
    ...SQL_OPERATION,
    'operation_detail',
    'operation_status_latency_millis',
  ],
  statement_type: [...SQL_OPERATION, 'statement_type'],
  execution_result: [...SQL_OPERATION, 'execution_result'],
  is_compressed: [...SQL_OPERATION, 'is_compressed'],
  retry_count: [...SQL_OPERATION, 'retry_count'],
  chunk_id: [...SQL_OPERATION, 'chunk_id'],
  total_chunks_present: [...SQL_OPERATION, 'chunk_details', 'total_chunks_present'],
  total_chunks_iterated: [...SQL_OPERATION, 'chunk_details', 'total_chunks_iterated'],
  initial_chunk_latency_millis: [...SQL_OPERATION, 'chunk_details', 'initial_chunk_latency_millis'],
  slowest_chunk_latency_millis: [...SQL_OPERATION, 'chunk_details', 'slowest_chunk_latency_millis'],
  sum_chunks_download_time_millis: [
    ...SQL_OPERATION,
    'chunk_details',
    'sum_chunks_download_time_millis',
  ],
  result_set_ready_latency_millis: [
    ...SQL_OPERATION,
    'result_latency',
    'result_set_ready_latency_millis',
  ],
  result_set_consumption_latency_millis: [
    ...SQL_OPERATION,
    'result_latency',
    'result_set_consumption_latency_millis',
  ],
  volume_operation_type: ['entry', 'sql_driver_log', 'vol_operation', 'volume_operation_type'],
  operation_latency_ms: ['entry', 'sql_driver_log', 'operation_latency_ms'],
  error_name: ['entry', 'sql_driver_log', 'error_info', 'error_name'],
  stack_trace: ['entry', 'sql_driver_log', 'error_info', 'stack_trace'],
};
const STACK_FRAME = /^\s*at /;
const NO_EXPECTATION = 'any other';

/** Every field of every log that the event should have left, from two runs of it. */
export function compare(theirs: Observation, ours: Observation, scripted: Scripted): Row[] {
  const theirSide = new Side(theirs, scripted);
  const ourSide = new Side(ours, scripted);
  const rows: Row[] = [];
  const add = (log: string, field: string, their: Stated, our: Stated): void => {
    const row = {
      event: ours.event,
      log,
      field,
      theirs: their.said,
      theirTruth: their.truth,
      theirsIsTrue: isTrue(their),
      ours: our.said,
      truth: our.truth,
      oursIsTrue: isTrue(our),
    };
    rows.push({ ...row, why: row.theirsIsTrue ? undefined : reason(row) });
  };
  ourSide.expected.forEach((expectation, index) => {
    const { log, fields } = expectation;
    const one: Truth = { exactly: 1 };
    const their = theirSide.logsAt(index);
    const our = ourSide.logsAt(index);
    add(log, 'logs', { said: their.length, truth: one }, { said: our.length, truth: one });
    for (const [field, truth] of Object.entries(fields)) {
      add(
        log,
        field,
        {
          said: valueOf(their[0], field),
          truth: theirSide.expected[index]?.fields[field] ?? truth,
        },
        { said: valueOf(our[0], field), truth },
      );
    }
  });
  const none: Truth = { exactly: 0 };
  add(
    NO_EXPECTATION,
    'logs',
    { said: theirSide.others, truth: none },
    { said: ourSide.others, truth: none },
  );
  return rows;
}

interface Stated {
  readonly said: Said;
  readonly truth: Truth;
}

/** The logs of one run of an event, each under the expectation that it meets. */
class Side {
  readonly expected: readonly Expectation[];
  private readonly found: readonly (readonly JsonObject[])[];
  /** Logs that meet no expectation. */
  readonly others: number;

  constructor(observation: Observation, scripted: Scripted) {
    this.expected = expectations(observation, scripted);
    const left = new Set(observation.logs);
    this.found = this.expected.map((expectation) => {
      const logs = [...left].filter((log) => meets(log, expectation));
      for (const log of logs) left.delete(log);
      return logs;
    });
    this.others = left.size;
  }

  logsAt(index: number): readonly JsonObject[] {
    return this.found[index] ?? [];
  }
}

function meets(log: JsonObject, { kind, sessionId, statementId }: Expectation): boolean {
  const entry = at(log, 'entry', 'sql_driver_log');
  const type = valueOf(log, 'operation_type');
  if (kind === 'failure') return at(entry, 'error_info') !== undefined && type === undefined;
  if (at(entry, 'session_id') !== sessionId && kind !== 'statement') return false;
  if (kind === 'open session') return type === 'CREATE_SESSION';
  if (kind === 'close session') return type === 'DELETE_SESSION';
  if (kind === 'call') return type === undefined;
  const isCancel = type === 'CANCEL_STATEMENT';
  if ((kind === 'cancel') !== isCancel) return false;
  const isSession = type === 'CREATE_SESSION' || type === 'DELETE_SESSION';
  // A ghost of a statement has its id, but neither its session nor its type.
  return !isSession && type !== undefined && at(entry, 'sql_statement_id') === statementId;
}

function valueOf(log: JsonObject | undefined, field: string): Said {
  const value = log && at(log, ...(WAYS[field] ?? []));
  if (field === 'stack_trace') {
    const isFailure = at(log, 'entry', 'sql_driver_log', 'error_info') !== undefined;
    return isFailure ? describeStack(typeof value === 'string' ? value : '') : undefined;
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : undefined;
}

function describeStack(stack: string): string {
  return stack.split('\n').every((line) => line === '' || STACK_FRAME.test(line))
    ? 'frames only'
    : 'the message too';
}

function isTrue({ said, truth }: Stated): boolean {
  if (truth === 'absent') return said === undefined;
  // What is left out counts as zero.
  if ('exactly' in truth) return (said ?? 0) === truth.exactly;
  return typeof said === 'number' && said >= truth.fromMs && said <= truth.toMs;
}
