import type { CompatCell } from './axes';
import { Findings } from './findings';
import type { Observation, RecordedSpan, Report } from './observation';
import { strayLines } from './stray-output';

const SCOPE = '@dbsql-otel/instrumentation-databricks-sql';
/** What could hold a process, a request that hangs, takes 10 s; a machine may stall for some. */
const EXIT_DEADLINE_MS = 9_000;
const KIND_INTERNAL = 0;
const KIND_CLIENT = 2;
const STATUS_UNSET = 0;
const STATUS_ERROR = 2;
const CLOUD_FETCH_FILES = 4;

/** How many spans of each operation the story makes, and of which kind. */
const OPERATIONS: Readonly<Record<string, { readonly count: number; readonly kind: number }>> = {
  connect: { count: 1, kind: KIND_INTERNAL },
  open_session: { count: 1, kind: KIND_CLIENT },
  execute_statement: { count: 3, kind: KIND_CLIENT },
  cloudfetch_download: { count: CLOUD_FETCH_FILES, kind: KIND_INTERNAL },
  close_session: { count: 1, kind: KIND_CLIENT },
};
const NOT_MADE_UNSAMPLED = 'cloudfetch_download';

function operationOf(span: RecordedSpan): unknown {
  return span.attributes['databricks.operation'];
}

function checkProcess(cell: CompatCell, seen: Observation, findings: Findings): void {
  findings.equal('signal', seen.signal, null);
  findings.equal('exit code', seen.exitCode, 0);
  findings.equal('stderr', strayLines(seen.stderr), []);
  if (cell.beside === 'console') {
    findings.holds('console exporter wrote the story', seen.stdout.includes("name: 'story'"));
    const toplevel = seen.stdout.split('\n').filter((line) => /^[^\s{}]/.test(line));
    findings.equal('stdout beside the exporter', toplevel, []);
  } else {
    findings.equal('stdout', seen.stdout, '');
  }
  if (seen.report !== undefined) {
    const heldMs = seen.exitedAt - seen.report.finishedAt;
    findings.holds(`exit within 9 s of the end (${heldMs} ms)`, heldMs < EXIT_DEADLINE_MS);
  }
}

function checkNames(ours: readonly RecordedSpan[], sampled: boolean, findings: Findings): void {
  for (const [operation, { count, kind }] of Object.entries(OPERATIONS)) {
    const spans = ours.filter((span) => operationOf(span) === operation);
    const expected = !sampled && operation === NOT_MADE_UNSAMPLED ? 0 : count;
    findings.equal(`${operation} spans`, spans.length, expected);
    findings.holds(
      `every ${operation} span has its kind`,
      spans.every((span) => span.kind === kind),
    );
  }
  for (const span of ours.filter((candidate) => operationOf(candidate) === 'execute_statement')) {
    findings.equal('statement span name', span.name, span.attributes['db.query.summary']);
    findings.holds(`${span.name} is named by its SQL`, span.name.startsWith('SELECT'));
  }
  const names = (operation: string): string[] =>
    ours.filter((span) => operationOf(span) === operation).map(({ name }) => name);
  findings.equal('connect span name', names('connect'), ['connect 127.0.0.1']);
  findings.equal('open_session span name', names('open_session'), ['openSession main|default']);
}

function checkParents(
  story: RecordedSpan,
  ours: readonly RecordedSpan[],
  findings: Findings,
): void {
  const byId = new Map(ours.map((span) => [span.spanId, span]));
  for (const span of ours) {
    findings.equal(`trace of ${span.name}`, span.traceId, story.traceId);
    const parent = byId.get(span.parentSpanId ?? '');
    if (operationOf(span) === 'cloudfetch_download') {
      findings.equal(`operation above ${span.name}`, parent && operationOf(parent), 'fetch');
    } else {
      findings.equal(`parent of ${span.name}`, span.parentSpanId, story.spanId);
    }
    const statementId = span.attributes['databricks.statement.id'];
    if (operationOf(span) !== 'execute_statement' && statementId !== undefined) {
      const statement = ours.find(
        (candidate) =>
          operationOf(candidate) === 'execute_statement' &&
          candidate.attributes['databricks.statement.id'] === statementId,
      );
      findings.equal(`link of ${span.name}`, span.links, [statement?.spanId]);
    }
  }
}

function checkAttributes(ours: readonly RecordedSpan[], findings: Findings): void {
  const connectionIds = new Set(ours.map((span) => span.attributes['databricks.connection.id']));
  findings.equal('connections', connectionIds.size, 1);
  for (const span of ours.filter(({ kind }) => kind === KIND_CLIENT)) {
    findings.equal(
      `db.system.name of ${span.name}`,
      span.attributes['db.system.name'],
      'databricks',
    );
    findings.equal(
      `databricks.client.backend of ${span.name}`,
      span.attributes['databricks.client.backend'],
      'thrift',
    );
  }
  const statements = ours.filter((span) => operationOf(span) === 'execute_statement');
  findings.equal(
    'states',
    statements.map((span) => span.attributes['databricks.statement.state']),
    ['FINISHED', 'FINISHED', 'ERROR'],
  );
  findings.equal(
    'span status',
    statements.map((span) => span.status),
    [STATUS_UNSET, STATUS_UNSET, STATUS_ERROR],
  );
  const failed = statements[2];
  findings.equal('SQLSTATE', failed?.attributes['db.response.status_code'], '42P01');
  findings.equal('error.type', failed?.attributes['error.type'], '42P01');
  findings.equal(
    'condition',
    failed?.attributes['databricks.error.condition'],
    'TABLE_OR_VIEW_NOT_FOUND',
  );
  const events = failed?.events.filter((name) => name !== 'databricks.statement.state_change');
  findings.equal('events of the failed statement', events, ['exception']);

  const closed = ours.filter((span) => operationOf(span) === 'close_statement');
  findings.equal(
    'rows',
    closed.slice(0, 2).map((span) => span.attributes['databricks.result.row_count']),
    [3, 400],
  );
  findings.equal(
    'format of the large result',
    closed[1]?.attributes['databricks.result.format'],
    'cloudfetch',
  );
  findings.equal(
    'chunks of the large result',
    closed[1]?.attributes['databricks.result.chunk_count'],
    CLOUD_FETCH_FILES,
  );
}

function checkBeside(
  cell: CompatCell,
  report: Report,
  seen: Observation,
  findings: Findings,
): void {
  const ids = new Set(report.spans.map((span) => span.spanId));
  const others = report.spans.filter((span) => span.scope !== SCOPE && span.name !== 'story');
  switch (cell.beside) {
    case 'otlp': {
      const sent = seen.otlpSpans.map((span) => span.spanId).sort();
      findings.equal('spans by OTLP', sent, [...ids].sort());
      break;
    }
    case 'http': {
      const ours = new Map(
        report.spans.filter((span) => span.scope === SCOPE).map((span) => [span.spanId, span]),
      );
      const https = others.filter((span) => span.scope.endsWith('instrumentation-http'));
      findings.holds('HTTP spans were made', https.length > 0);
      findings.equal(
        'HTTP spans that no span of ours encloses',
        https.filter((span) => !ours.has(span.parentSpanId ?? '')).map((span) => span.attributes),
        [],
      );
      findings.equal(
        'undici spans',
        others.filter((span) => span.scope.endsWith('instrumentation-undici')).length,
        1,
      );
      break;
    }
    default:
      findings.equal('spans of others', others, []);
  }
}

function checkTelemetry(
  report: Report,
  ours: readonly RecordedSpan[],
  seen: Observation,
  findings: Findings,
): void {
  const logs = seen.records.map((record) => {
    const entry = record['entry'] as { readonly sql_driver_log?: DriverLog } | undefined;
    return entry?.sql_driver_log ?? {};
  });
  const sessionIds = new Set(logs.map((log) => log.session_id));
  findings.equal('sessions reported', sessionIds.size, 1);
  const openSession = ours.find((span) => operationOf(span) === 'open_session');
  if (openSession !== undefined) {
    const id = openSession.attributes['databricks.session.id'];
    findings.equal('session reported', [...sessionIds], [id]);
  }
  const operations = logs.filter((log) => log.error_info === undefined);
  const typed = (type: string): number =>
    operations.filter((log) => log.sql_operation?.operation_detail?.operation_type === type).length;
  findings.equal('CREATE_SESSION records', typed('CREATE_SESSION'), 1);
  findings.equal('DELETE_SESSION records', typed('DELETE_SESSION'), 1);
  const statements = logs.filter((log) => log.sql_statement_id !== undefined);
  const ids = new Set(statements.map((log) => log.sql_statement_id));
  findings.equal('records of statements, and statements', [statements.length, ids.size], [3, 3]);
  findings.equal(
    'records of statements that failed',
    statements.filter((log) => log.error_info !== undefined).length,
    1,
  );
  const chunks = logs.map((log) => log.sql_operation?.chunk_details?.total_chunks_present);
  findings.holds('the large result is reported with 4 chunks', chunks.includes(CLOUD_FETCH_FILES));
  const stats = report.telemetry as { readonly pending?: number; readonly delivered?: number };
  findings.equal('records pending', stats.pending, 0);
  findings.equal('records delivered', stats.delivered, seen.records.length);
}

interface DriverLog {
  readonly session_id?: string;
  readonly sql_statement_id?: string;
  readonly error_info?: unknown;
  readonly sql_operation?: {
    readonly chunk_details?: { readonly total_chunks_present?: number };
    readonly operation_detail?: { readonly operation_type?: string };
  };
}

/** Compares what a run showed with what its cell promises; every entry is one defect. */
export function defectsOf(cell: CompatCell, seen: Observation): string[] {
  const findings = new Findings();
  checkProcess(cell, seen, findings);
  const { report } = seen;
  if (report === undefined) {
    findings.defects.push('the application did not come to its end');
    return findings.defects;
  }
  findings.equal('results', report.outcome, {
    inlineRows: 3,
    cloudFetchRows: 400,
    failure: '42P01',
  });
  const story = report.spans.find((span) => span.name === 'story');
  const ours = report.spans.filter((span) => span.scope === SCOPE);
  if (cell.beside === 'sampler') {
    findings.equal('spans that the sampler refused', report.spans, []);
  } else {
    findings.holds('the trace is sampled', story?.sampled === true);
    checkNames(ours, story?.sampled === true, findings);
    if (story !== undefined) checkParents(story, ours, findings);
    checkAttributes(ours, findings);
    checkBeside(cell, report, seen, findings);
  }
  checkTelemetry(report, ours, seen, findings);
  return findings.defects;
}
