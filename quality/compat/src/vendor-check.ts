import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalWarehouse } from '@dbsql-otel/local-warehouse';
import { AXES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import type { Check } from './check';
import { npm } from './command';
import { manifest } from './installation';
import type { Tarball } from './tarball';
import { VendorBackend } from './vendor-backend';
import { VENDORS } from './vendors';
import type { Vendor } from './vendors';

const REGISTER = '@dbsql-otel/exporter-databricks-telemetry/register';
const TIMEOUT_MS = 60_000;
/** Results of the three statements of `vendors/application.cjs`. */
const RESULTS = [3, 400, '42P01'];
/** Names that only spans of the driver have; metrics hold the summaries of statements too. */
const SPAN_NAMES = ['openSession', 'closeSession'];

/** A vendor's SDK in one process with ours. */
interface Run {
  /** Absent for an application without any tracing. */
  readonly vendor: Vendor | undefined;
  readonly first: 'vendor' | 'register';
  readonly sampling: 'all' | 'none';
}

interface Outcome {
  readonly defects: readonly string[];
  /** The records, reduced to what is the same in every run. */
  readonly records: readonly string[];
}

/**
 * Telemetry reports the same records beside every SDK that owns the application's tracing, whichever is loaded first and
 * whatever its sampler decides, and no vendor receives a span that its sampler refused.
 */
export function vendorChecks(
  root: string,
  cache: string,
  tarballs: readonly Tarball[],
): readonly Check[] {
  const folder = memoized((vendor: Vendor | undefined) => install(root, cache, tarballs, vendor));
  const alone: Run = { vendor: undefined, first: 'register', sampling: 'all' };
  const expectation = memoized(async (run: Run) => runIn(await folder(undefined), run));
  return VENDORS.flatMap((vendor) => runsOf(vendor)).map((run) => ({
    title: titleOf(run),
    run: async () => {
      const expected = await expectation(alone);
      const { defects, records } = await runIn(await folder(run.vendor), run);
      const all = [...expected.defects, ...defects];
      if (JSON.stringify(records) !== JSON.stringify(expected.records)) {
        all.push(
          `records: ${records.join(', ')}; without a vendor: ${expected.records.join(', ')}`,
        );
      }
      if (expected.records.length === 0) all.push('there are no records without a vendor either');
      if (all.length > 0) throw new Error(all.join('\n'));
    },
  }));
}

/** `compute`, once per argument. */
function memoized<Argument, Result>(
  compute: (argument: Argument) => Result,
): (argument: Argument) => Result {
  const results = new Map<Argument, Result>();
  return (argument) => {
    const known = results.get(argument) ?? compute(argument);
    results.set(argument, known);
    return known;
  };
}

function runsOf(vendor: Vendor): Run[] {
  const samplings: readonly Run['sampling'][] =
    vendor.canRefuse === false ? ['all'] : ['all', 'none'];
  return (['vendor', 'register'] as const).flatMap((first) =>
    samplings.map((sampling) => ({ vendor, first, sampling })),
  );
}

function titleOf({ vendor, first, sampling }: Run): string {
  const order = first === 'vendor' ? 'loaded before register' : 'loaded after register';
  const sampled = sampling === 'all' ? 'every span sampled' : 'no span sampled';
  return `${vendor?.title ?? 'no tracing'}, ${order}, ${sampled}: all records, and no refused span`;
}

async function runIn(folder: string, run: Run): Promise<Outcome> {
  const warehouse = await LocalWarehouse.start();
  const backend = await VendorBackend.start(
    run.vendor?.needsTls === true ? warehouse.authority : undefined,
  );
  try {
    const authorityFile = join(folder, `authority-${run.first}-${run.sampling}.pem`);
    writeFileSync(authorityFile, warehouse.authority.certificate);
    const child = spawn(process.execPath, [...preloads(run), 'application.cjs'], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_EXTRA_CA_CERTS: authorityFile,
        VENDOR_BACKEND: backend.url,
        VENDOR_SAMPLING: run.sampling,
        VENDOR_CONNECTION: JSON.stringify(warehouse.connectionOptions()),
        DATABRICKS_TELEMETRY_ALLOW_PRIVATE_HOSTS: 'true',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode, signal] = (await once(child, 'exit')) as [number | null, string | null];
    const [stdout, stderr] = await output;
    const defects: string[] = [];
    if (exitCode !== 0) defects.push(`exit code ${exitCode ?? signal ?? ''}: ${stderr}`);
    if (stdout.trim() !== JSON.stringify(RESULTS)) defects.push(`the application got ${stdout}`);
    return {
      defects: [...defects, ...backendDefects(run, backend)],
      records: warehouse.telemetry.flatMap(({ accepted }) => accepted.map(reduced)).toSorted(),
    };
  } finally {
    await backend.stop();
    await warehouse.stop();
  }
}

function preloads({ vendor, first }: Run): string[] {
  if (vendor === undefined) return ['--import', REGISTER];
  const both = ['--import', `./${vendor.setup}`, '--import', REGISTER];
  return first === 'vendor' ? both : [...both.slice(2), ...both.slice(0, 2)];
}

function backendDefects({ vendor, sampling }: Run, backend: VendorBackend): string[] {
  if (vendor === undefined || (sampling === 'none' && vendor.sends === 'all')) return [];
  return SPAN_NAMES.filter((name) => backend.has(name) !== (sampling === 'all')).map((name) =>
    sampling === 'all'
      ? `the backend of the vendor has no span ${name}`
      : `the backend of the vendor has the span ${name}, which its sampler refused`,
  );
}

/** A record without ids, times and everything else that differs from run to run. */
function reduced(record: Readonly<Record<string, unknown>>): string {
  const log = at(at(record, 'entry'), 'sql_driver_log');
  const operation = at(log, 'sql_operation');
  return [
    at(at(operation, 'operation_detail'), 'operation_type'),
    at(operation, 'statement_type'),
    at(operation, 'execution_result'),
    at(at(operation, 'chunk_details'), 'total_chunks_present'),
    at(at(log, 'error_info'), 'error_name'),
  ].join('/');
}

function at(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>> | undefined)?.[name];
}

async function install(
  root: string,
  cache: string,
  tarballs: readonly Tarball[],
  vendor: Vendor | undefined,
): Promise<string> {
  const name = vendor?.title.replaceAll(/[^\w.]+/g, '-') ?? 'alone';
  const content = manifest({
    '@opentelemetry/api': '1.9.1',
    ...vendor?.dependencies,
    '@databricks/sql': AXES.driver.at(-1) ?? '',
    ...Object.fromEntries(tarballs.map((tarball) => [tarball.name, `file:${tarball.file}`])),
  });
  const folder = join(cache, 'vendors', name);
  const hash = contentHash(content, ...tarballs.map((tarball) => tarball.hash));
  await cachedFolder(folder, hash, async (draft) => {
    writeFileSync(join(draft, 'package.json'), content);
    await npm(draft, 'install', '--ignore-scripts', '--prefer-offline');
  });
  cpSync(join(root, 'quality', 'compat', 'vendors'), folder, { recursive: true });
  return folder;
}
