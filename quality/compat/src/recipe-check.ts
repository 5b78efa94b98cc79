import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { LocalWarehouse, STORAGE_HOST, WORKSPACE_HOST } from '@dbsql-otel/local-warehouse';
import { NODE_RELEASES } from './axes';
import { cachedFolder, contentHash } from './cached-folder';
import type { Check } from './check';
import { npm } from './command';
import { Findings } from './findings';
import { nodeBinary } from './node-binary';
import { OtlpReceiver } from './otlp-receiver';
import type { Tarball } from './tarball';

const TIMEOUT_MS = 120_000;
const RECIPES = join('examples', 'recipes');
const REDIRECT = join('examples', 'build', 'src', 'runner', 'redirect.js');
const EXPORTER = '@dbsql-otel/exporter-databricks-telemetry';
const STATEMENT = 'SELECT orders';
/** Of the session's opening, the statement and the session's end. */
const RECORDS = 3;
/** Those that look at their spans themselves. */
const WITHOUT_BACKEND: ReadonlySet<string> = new Set(['vitest']);

interface Manifest {
  readonly description: string;
  readonly engines: { readonly node: string };
  readonly scripts: { readonly start: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

/** Each recipe installs with the packed packages, and its start script shows what the recipe promises. */
export function recipeChecks(root: string, cache: string, tarballs: readonly Tarball[]): Check[] {
  return readdirSync(join(root, RECIPES)).map((name) => {
    const source = join(root, RECIPES, name);
    const manifest = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as Manifest;
    return {
      title: `recipe ${name}: ${manifest.description}`,
      run: async () => {
        const major = Number(/\d+/.exec(manifest.engines.node)?.[0]) > 20 ? '24' : '20';
        const node = (await nodeBinary(cache, NODE_RELEASES[major] ?? '')) ?? process.execPath;
        const folder = await install(source, join(cache, 'recipes', name), manifest, tarballs);
        await run(root, folder, name, node, manifest);
      },
    };
  });
}

async function install(
  source: string,
  folder: string,
  manifest: Manifest,
  tarballs: readonly Tarball[],
): Promise<string> {
  const dependencies: Record<string, string> = { ...manifest.dependencies };
  for (const { name, file } of tarballs) dependencies[name] = `file:${file}`;
  const content = JSON.stringify({ ...manifest, dependencies }, null, 2);
  await cachedFolder(
    folder,
    contentHash(content, ...tarballs.map(({ hash }) => hash)),
    async (draft) => {
      writeFileSync(join(draft, 'package.json'), content);
      await npm(draft, 'install', '--strict-peer-deps', '--prefer-offline');
    },
  );
  cpSync(source, folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), content);
  return folder;
}

async function run(
  root: string,
  folder: string,
  name: string,
  node: string,
  { dependencies }: Manifest,
): Promise<void> {
  const warehouse = await LocalWarehouse.start();
  const receiver = await OtlpReceiver.start();
  try {
    const authority = join(folder, 'authority.pem');
    writeFileSync(authority, warehouse.authority.certificate);
    const child = spawn('npm', ['start', '--silent'], {
      cwd: folder,
      env: {
        HOME: process.env['HOME'] ?? '',
        PATH: [dirname(node), process.env['PATH'] ?? ''].join(delimiter),
        NODE_OPTIONS: `--require ${join(root, REDIRECT)}`,
        DATABRICKS_SERVER_HOSTNAME: WORKSPACE_HOST,
        DATABRICKS_HTTP_PATH: warehouse.httpPath,
        DATABRICKS_TOKEN: warehouse.token,
        OTEL_EXPORTER_OTLP_ENDPOINT: new URL('/', receiver.url).href,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOGS_EXPORTER: 'none',
        LOCAL_WAREHOUSE_HOSTS: [WORKSPACE_HOST, STORAGE_HOST].join(','),
        LOCAL_WAREHOUSE_PORT: String(warehouse.port),
        NODE_EXTRA_CA_CERTS: authority,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
    });
    const output = Promise.all([text(child.stdout), text(child.stderr)]);
    const [exitCode] = (await once(child, 'exit')) as [number | null];
    const [stdout, stderr] = await output;
    const findings = new Findings();
    findings.equal(`exit code with ${stdout}${stderr}`, exitCode, 0);
    findings.equal(
      'statements that the warehouse received',
      warehouse.requestsTo('ExecuteStatement').length,
      1,
    );
    if (!WITHOUT_BACKEND.has(name)) {
      const statements = receiver.spans.filter((span) => span.name === STATEMENT);
      findings.equal(`spans ${STATEMENT} in the backend`, statements.length, 1);
    }
    if (Object.hasOwn(dependencies, EXPORTER)) {
      const records = warehouse.telemetry.flatMap(({ accepted }) => accepted);
      findings.equal('telemetry records', records.length, RECORDS);
    }
    findings.raise();
  } finally {
    await Promise.all([warehouse.stop(), receiver.stop()]);
  }
}
