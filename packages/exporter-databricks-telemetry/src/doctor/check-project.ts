import { SUPPORTED_VERSIONS } from '@dbsql-otel/instrumentation-databricks-sql';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';
import { findCopies, findDeep, findPackage, installCommand, readPackage } from './project';
import type { InstalledPackage } from './project';
import { loadingOf, suggestedLoading } from './setup-loading';
import { minorOf, satisfies } from './version';
import { needsYarn } from './yarn-pnp';

const DRIVER = '@databricks/sql';
const API = '@opentelemetry/api';
/** Each is of no use twice in one process. */
const OWN_PACKAGES = [
  '@dbsql-otel/instrumentation-databricks-sql',
  '@dbsql-otel/exporter-databricks-telemetry',
] as const;
/** From this version on the driver reports telemetry by itself. */
const DRIVER_WITH_TELEMETRY = '>=1.15.0';
/** What the 3.x line of the SDK needs. */
const NODE_FOR_SDK_3 = '>=22.15.0';

function checkNode(version: string): Finding {
  return satisfies(version, SUPPORTED_VERSIONS.node)
    ? ok(`Node.js ${version}`)
    : problem(`Node.js ${version}`, `${SUPPORTED_VERSIONS.node} is needed`);
}

function checkApi(folder: string): Finding {
  const copies = findCopies(API, folder);
  const first = copies[0] ?? findPackage(API, folder);
  if (first === undefined) {
    return problem(`${API} is not installed`, installCommand(folder, '@opentelemetry/api@^1.9.0'));
  }
  const versions = [...new Set(copies.map(({ version }) => version))];
  if (new Set(versions.map(minorOf)).size > 1) {
    return problem(
      `${copies.length} copies of ${API} (${versions.join(', ')})`,
      'what uses the newer one sees no SDK that was registered with the older; npm dedupe, or pin one version',
    );
  }
  if (!satisfies(first.version, SUPPORTED_VERSIONS.api)) {
    return problem(`${API} ${first.version}`, `${SUPPORTED_VERSIONS.api} is needed`);
  }
  return copies.length <= 1
    ? ok(`${API} ${first.version}`)
    : ok(`${API} ${versions.join(', ')}, ${copies.length} copies that work together`);
}

/** A peer that the SDK does not accept, and a Node.js that it does not run on. */
function checkFit(name: string, sdk: InstalledPackage, folder: string): Finding[] {
  const findings: Finding[] = [];
  const { peerDependencies, engines } = sdk.manifest;
  const range = textIn(peerDependencies, API);
  const api = findPackage(API, sdk.folder)?.version ?? findPackage(API, folder)?.version;
  if (range !== undefined && api !== undefined && !satisfies(api, range)) {
    findings.push(
      problem(
        `${name} ${sdk.version} does not work with ${API} ${api}`,
        installCommand(folder, `"${API}@${range}"`),
      ),
    );
  }
  const node = textIn(engines, 'node');
  if (node !== undefined && !satisfies(process.versions.node, node)) {
    findings.push(
      note(
        `${name} ${sdk.version} is made for Node.js ${node}, this is ${process.versions.node}`,
        `update Node.js, or ${sdkInstallCommand(folder)}`,
      ),
    );
  }
  return findings;
}

function textIn(object: unknown, key: string): string | undefined {
  const value: unknown =
    typeof object === 'object' && object !== null ? Reflect.get(object, key) : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** The newest SDK does not run on every Node.js, nor does its API fit the older SDK. */
function sdkInstallCommand(folder: string): string {
  return satisfies(process.versions.node, NODE_FOR_SDK_3)
    ? installCommand(folder, '@opentelemetry/sdk-node', API)
    : installCommand(folder, '@opentelemetry/sdk-node@0.223.0', `${API}@1.9.1`);
}

function checkSdk(folder: string, setup: string | undefined): Finding[] {
  const names = ['@opentelemetry/sdk-trace', '@opentelemetry/sdk-trace-base'];
  const found = names
    .map((name) => ({ name, installed: findDeep(name, folder) }))
    .find(({ installed }) => installed !== undefined);
  const { name, installed } = found ?? {};
  if (name === undefined || installed === undefined) {
    const advice = `${sdkInstallCommand(folder)}; without one nothing is traced`;
    // The process of the setup shows whether it needs one.
    return setup === undefined
      ? [problem('no OpenTelemetry SDK is installed', advice)]
      : [note('no OpenTelemetry SDK is installed', advice)];
  }
  const node = findPackage('@opentelemetry/sdk-node', folder);
  const withNode = node === undefined ? '' : `, sdk-node ${node.version}`;
  const { version } = installed;
  if (!satisfies(version, SUPPORTED_VERSIONS.sdk)) {
    return [problem(`${name} ${version}`, `${SUPPORTED_VERSIONS.sdk} is needed`)];
  }
  return [
    ok(`OpenTelemetry SDK ${version.split('.', 1)[0]}.x (${name} ${version}${withNode})`),
    ...checkFit(name, installed, folder),
    ...(node === undefined ? [] : checkFit('@opentelemetry/sdk-node', node, folder)),
  ].filter(({ text }, index, all) => all.findIndex((other) => other.text === text) === index);
}

function checkDriver(folder: string, setup: string | undefined): Finding[] {
  const driver = findPackage(DRIVER, folder);
  if (driver === undefined) {
    return [
      problem(`${DRIVER} is not installed here`, 'run the doctor in the application’s folder'),
    ];
  }
  if (!satisfies(driver.version, SUPPORTED_VERSIONS.driver)) {
    return [problem(`${DRIVER} ${driver.version}`, `${SUPPORTED_VERSIONS.driver} is needed`)];
  }
  const kernel = `@databricks/databricks-sql-kernel-${process.platform}-${process.arch}`;
  const hasKernel = [`${kernel}-gnu`, kernel].some(
    (name) => findPackage(name, driver.folder) !== undefined,
  );
  const findings = [
    ok(`${DRIVER} ${driver.version}, backend thrift${hasKernel ? ' or kernel' : ''}`),
  ];
  // With a setup, what it makes of that is found there.
  if (setup === undefined && satisfies(driver.version, DRIVER_WITH_TELEMETRY)) {
    findings.push(
      note(
        'this driver reports telemetry by itself',
        'a DatabricksTelemetrySpanProcessor that exists when the client connects reports in its place',
      ),
    );
  }
  return findings;
}

function checkCopies(folder: string): Finding[] {
  return OWN_PACKAGES.flatMap((name) => {
    const copies = findCopies(name, folder);
    if (copies.length <= 1) return [];
    const versions = [...new Set(copies.map(({ version }) => version))].join(', ');
    return [
      problem(
        `${copies.length} copies of ${name} (${versions})`,
        'only one of them traces the driver; npm dedupe, or pin one version',
      ),
    ];
  });
}

function checkModules(folder: string, setup: string | undefined): Finding[] {
  const loading = setup === undefined ? undefined : loadingOf(setup, folder);
  // What is wrong with the setup is reported where it is checked.
  if (loading !== undefined && 'level' in loading) return [];
  const isEsm = readPackage(folder)?.manifest['type'] === 'module';
  const command = (loading?.shown ?? suggestedLoading(folder)).join(' ');
  return [ok(`${isEsm ? 'ES modules' : 'CommonJS'}: start with node ${command}`)];
}

/** What is installed in the project whose folder this is, and whether it fits together. */
export function checkProject(folder: string, setup: string | undefined): Finding[] {
  if (needsYarn(folder)) {
    return [
      checkNode(process.versions.node),
      problem(
        'this project uses Yarn Plug’n’Play, and the doctor was not started by Yarn',
        'yarn exec exporter-databricks-telemetry doctor',
      ),
    ];
  }
  return [
    checkNode(process.versions.node),
    ...checkSdk(folder, setup),
    checkApi(folder),
    ...checkDriver(folder, setup),
    ...checkCopies(folder),
    ...checkModules(folder, setup),
  ];
}
