/**
 * Many processes with the real driver on four tenants → the real Collector → the gateway → four simulated workspaces. What
 * the workspaces get is compared record by record with what the same spans make in the process: first undisturbed, then
 * while workspaces fail and the gateway and the Collector are killed at random. FLEET_PROCESSES and FLEET_SEED set the size
 * and the seed.
 */
import assert from 'node:assert/strict';
import type { JsonObject } from '@dbsql-otel/local-warehouse';
import { setTimeout as wait } from 'node:timers/promises';
import { canHaveCollector, collector } from './collector';
import { Fleet, GATEWAY_TENANT, TENANTS } from './fleet';
import { random } from './random';

const PROCESSES = Number(process.env['FLEET_PROCESSES'] ?? 50);
const SEED = Number(process.env['FLEET_SEED'] ?? Date.now() % 2 ** 31);
const AT_ONCE = 8;
const KILLS = 8;
const DELIVERY_LIMIT_MS = 120_000;
const POLL_MS = 200;

function report(line: string): void {
  process.stdout.write(`${line}\n`);
}

function idOf(log: JsonObject): string {
  return String(log['frontend_log_event_id']);
}

/** Runs the processes, a few at a time. @returns the records by tenant */
async function runProcesses(fleet: Fleet, seed: number): Promise<Map<string, JsonObject>[]> {
  const expected = Array.from({ length: TENANTS }, () => new Map<string, JsonObject>());
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < PROCESSES) {
      const index = next;
      next += 1;
      for (const log of await fleet.runProcess(index, seed + index)) {
        expected[index % TENANTS]?.set(idOf(log), log);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return expected;
}

function acceptedBy(fleet: Fleet, tenant: number): JsonObject[] {
  const posts = fleet.warehouse(tenant).telemetry.filter(({ accepted }) => accepted.length > 0);
  for (const post of posts) assert.equal(post.tenant, GATEWAY_TENANT);
  return posts.flatMap(({ accepted }) => accepted);
}

/** Waits until all have come, and compares each. @returns how many came more than once, all with the same event id */
async function compare(
  fleet: Fleet,
  expected: readonly ReadonlyMap<string, JsonObject>[],
): Promise<number> {
  let repeated = 0;
  for (const [tenant, records] of expected.entries()) {
    const endMs = Date.now() + DELIVERY_LIMIT_MS;
    const missing = (): string[] => {
      const ids = new Set(acceptedBy(fleet, tenant).map(idOf));
      return [...records.keys()].filter((id) => !ids.has(id));
    };
    while (missing().length > 0 && Date.now() < endMs) await wait(POLL_MS);
    const absent = missing();
    const [first = ''] = absent;
    assert.equal(
      absent.length,
      0,
      `tenant ${tenant} misses ${absent.length} of ${records.size}: ${JSON.stringify(records.get(first))}`,
    );
    const logs = acceptedBy(fleet, tenant);
    for (const log of logs) assert.deepEqual(log, records.get(idOf(log)));
    repeated += logs.length - records.size;
  }
  return repeated;
}

/** Kills the gateway or the Collector, and lets a workspace fail, until `isOver`, a bounded number of times. */
async function disturb(fleet: Fleet, seed: number, isOver: () => boolean): Promise<void> {
  const next = random(seed);
  for (let kills = 0; kills < KILLS && !isOver(); kills += 1) {
    const fault = fleet.warehouse(Math.floor(next() * TENANTS)).fault({
      match: 'telemetry',
      status: next() < 0.5 ? 503 : 429,
      times: 1 + Math.floor(next() * 6),
    });
    await wait(200 + next() * 1_500);
    const victim = next() < 0.6 ? fleet.gateway : fleet.collector;
    await victim.kill();
    await wait(next() * 500);
    await victim.start();
    fault.remove();
  }
}

function count(expected: readonly ReadonlyMap<string, JsonObject>[]): number {
  return expected.reduce((sum, records) => sum + records.size, 0);
}

async function undisturbed(binary: string): Promise<void> {
  const fleet = await Fleet.start(binary);
  try {
    const expected = await runProcesses(fleet, SEED);
    assert.equal(await compare(fleet, expected), 0, 'records came twice');
    report(`  ✔ ${PROCESSES} processes: ${count(expected)} records, all equal`);
  } finally {
    await fleet.stop();
  }
}

async function disturbed(binary: string): Promise<void> {
  const fleet = await Fleet.start(binary);
  try {
    let isOver = false;
    const disturbance = disturb(fleet, SEED, () => isOver);
    const expected = await runProcesses(fleet, SEED + PROCESSES);
    isOver = true;
    await disturbance;
    const repeated = await compare(fleet, expected);
    report(
      `  ✔ ${PROCESSES} processes, ${fleet.gateway.kills} kills of the gateway and ${fleet.collector.kills} of the Collector: ` +
        `${count(expected)} records, all equal, ${repeated} sent again with their event id`,
    );
  } finally {
    await fleet.stop();
  }
}

async function main(): Promise<void> {
  if (!canHaveCollector()) {
    report('skipped: the Collector is built with Go, which is not installed\n\n  2 pending');
    return;
  }
  const binary = collector(report);
  report(`seed ${SEED}`);
  let failed = 0;
  for (const scenario of [undisturbed, disturbed]) {
    try {
      await scenario(binary);
    } catch (error) {
      failed += 1;
      report(`  ${failed}) ${scenario.name}: ${error instanceof Error ? error.message : ''}`);
    }
  }
  report(`\n  ${2 - failed} passing`);
  if (failed > 0) report(`  ${failed} failing`);
  process.exitCode = failed > 0 ? 1 : 0;
}

void main();
