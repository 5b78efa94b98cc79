import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { afterEach, describe, it } from 'mocha';
import { accepted, Bed } from '../support/bed';
import { FACTS, otlpSpan, requestOf, statementSpans } from '../support/spans';
import type { OtlpSpan, Producer } from '../support/spans';

interface SqlLog {
  readonly sql_statement_id?: string;
  readonly auth_type?: string;
  readonly sql_operation?: { readonly operation_detail?: { readonly operation_type?: string } };
}

function sqlOf(log: JsonObject): SqlLog {
  const { entry } = log as { readonly entry?: { readonly sql_driver_log?: SqlLog } };
  return entry?.sql_driver_log ?? {};
}

/** Each statement has one record. */
function assertStatements(logs: readonly JsonObject[], ids: readonly string[]): void {
  assert.equal(logs.length, ids.length);
  assert.deepEqual(new Set(logs.map((log) => sqlOf(log).sql_statement_id)), new Set(ids));
}

function producer(bed: Bed, index = 0): Producer {
  const { port } = bed.warehouses[index] ?? bed.warehouse;
  return { connectionId: randomUUID(), host: '127.0.0.1', port };
}

async function send(bed: Bed, spans: readonly OtlpSpan[]): Promise<void> {
  assert.equal((await bed.post(requestOf(spans))).status, 200);
}

describe('what was acknowledged', () => {
  let bed: Bed;
  afterEach(() => bed.stop());

  it('is delivered once, whatever is sent again, also after a restart', async () => {
    bed = await Bed.start();
    const from = producer(bed);
    const spans = [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, randomUUID())];
    await send(bed, spans);
    await send(bed, spans);
    await accepted(bed.warehouse, 1);
    await send(bed, spans);
    await bed.stopGateway();
    await bed.startGateway();
    await send(bed, spans);
    const other = statementSpans(from, randomUUID());
    await send(bed, other);
    const logs = await accepted(bed.warehouse, 2);
    assert.equal(new Set(logs.map((log) => log['frontend_log_event_id'])).size, 2);
    assert.equal(bed.gateway.stats().spans['duplicate'], 2);
  });

  it('joins across a restart, and has the facts of its connection', async () => {
    bed = await Bed.start();
    const from = producer(bed);
    const [statement, close] = statementSpans(from, 'statement-1');
    await send(bed, [otlpSpan(from, 'connect', FACTS), statement]);
    await bed.stopGateway();
    assert.equal(bed.warehouse.telemetry.length, 0);
    await bed.startGateway();
    await send(bed, [close]);
    const [log] = await accepted(bed.warehouse, 1);
    assert.ok(log);
    assert.equal(sqlOf(log).sql_statement_id, 'statement-1');
    assert.equal(sqlOf(log).auth_type, 'pat');
  });

  it('waits for a workspace that fails, in memory, over restarts, and without a second record', async () => {
    bed = await Bed.start();
    const from = producer(bed);
    const fault = bed.warehouse.fault({ match: 'telemetry', status: 503 });
    const ids = Array.from({ length: 20 }, () => randomUUID());
    await send(bed, [otlpSpan(from, 'connect', FACTS)]);
    for (const id of ids.slice(0, 10)) await send(bed, statementSpans(from, id));
    await bed.warehouse.received('telemetry');
    await bed.stopGateway();
    await bed.startGateway();
    for (const id of ids.slice(10)) await send(bed, statementSpans(from, id));
    fault.remove();
    await bed.stopGateway();
    await bed.startGateway();
    const logs = await accepted(bed.warehouse, 20);
    assertStatements(logs, ids);
    await bed.stopGateway();
    await bed.startGateway();
    assert.equal(bed.gateway.stats().journaled, 0);
  });

  it('stays in the journal alone beyond the records that may be in memory', async () => {
    bed = await Bed.start({ warehouses: 2, limits: { maxRecords: 10 } });
    const slow = producer(bed, 0);
    const well = producer(bed, 1);
    const fault = bed.warehouse.fault({ match: 'telemetry', status: 503 });
    const ids = Array.from({ length: 100 }, () => randomUUID());
    await send(bed, [otlpSpan(slow, 'connect', FACTS), otlpSpan(well, 'connect', FACTS)]);
    for (const id of ids) {
      await send(bed, [...statementSpans(slow, id), ...statementSpans(well, `well-${id}`)]);
    }
    // The other workspace is not affected.
    const [, other] = bed.warehouses;
    assert.ok(other);
    await accepted(other, ids.length);
    const stats = bed.gateway.stats().workspaces[`127.0.0.1:${bed.warehouse.port}`];
    assert.ok(stats?.isBehind);
    assert.ok(stats.pending <= 12, String(stats.pending));
    fault.remove();
    await bed.stopGateway();
    await bed.startGateway();
    const logs = await accepted(bed.warehouse, ids.length);
    assertStatements(logs, ids);
  });

  it('is refused with Retry-After when the journal is full, and taken when there is room', async () => {
    bed = await Bed.start({ limits: { maxJournalSpans: 4 } });
    const from = producer(bed);
    const fault = bed.warehouse.fault({ match: 'telemetry', status: 503 });
    await send(bed, [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, randomUUID())]);
    await send(bed, statementSpans(from, randomUUID()));
    const last = requestOf(statementSpans(from, randomUUID()));
    const response = await bed.post(last);
    assert.deepEqual([response.status, response.headers.get('retry-after')], [429, '30']);
    fault.remove();
    await bed.stopGateway();
    await bed.startGateway();
    await accepted(bed.warehouse, 2);
    while ((await bed.post(last)).status !== 200);
    await accepted(bed.warehouse, 3);
  });

  it('waits while the workspace refuses the credentials', async () => {
    bed = await Bed.start();
    const from = producer(bed);
    const fault = bed.warehouse.fault({ match: 'telemetry', status: 403 });
    await send(bed, [otlpSpan(from, 'connect', FACTS), ...statementSpans(from, 'statement-1')]);
    await bed.warehouse.answered('telemetry');
    await bed.stopGateway();
    assert.match(bed.lines.join('\n'), /refused the credentials, its records wait/);
    fault.remove();
    await bed.startGateway();
    const [log] = await accepted(bed.warehouse, 1);
    assert.equal(log && sqlOf(log).sql_statement_id, 'statement-1');
  });

  it('has a cancel once, and its statement as canceled, also when only the cancel left before a restart', async () => {
    bed = await Bed.start();
    const from = producer(bed);
    const ids = { 'databricks.statement.id': 'statement-1' };
    await send(bed, [otlpSpan(from, 'connect', FACTS), otlpSpan(from, 'cancel_statement', ids)]);
    await accepted(bed.warehouse, 1);
    await bed.stopGateway();
    await bed.startGateway();
    const [statement] = statementSpans(from, 'statement-1');
    await send(bed, [statement]);
    const logs = await accepted(bed.warehouse, 2);
    assert.deepEqual(
      logs.map((log) => sqlOf(log).sql_operation?.operation_detail?.operation_type),
      ['CANCEL_STATEMENT', 'EXECUTE_STATEMENT'],
    );
    assert.match(JSON.stringify(logs[1]), /CANCELED/);
    await bed.stopGateway();
    await bed.startGateway();
    assert.equal(bed.gateway.stats().journaled, 0);
  });
});
