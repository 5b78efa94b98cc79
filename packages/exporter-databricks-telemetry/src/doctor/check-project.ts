import { SUPPORTED_VERSIONS } from '@dbsql-otel/instrumentation-databricks-sql';
import { note, ok, problem } from './finding';
import type { Finding } from './finding';
import { findCopies, findPackage, loadingArguments, readPackage } from './project';
import { minorOf, satisfies } from './version';

const DRIVER = '@databricks/sql';
const API = '@opentelemetry/api';
/** From this version on the driver reports telemetry by itself. */
const DRIVER_WITH_TELEMETRY = '>=1.15.0';

function checkNode(version: string): Finding {
  return satisfies(version, SUPPORTED_VERSIONS.node)
    ? ok(`Node.js ${version}`)
    : problem(`Node.js ${version}`, `${SUPPORTED_VERSIONS.node} is needed`);
}

function checkApi(folder: string): Finding {
  const copies = findCopies(API, folder);
  const [first] = copies;
  if (first === undefined) return problem(`${API} is not installed`, `npm install ${API}`);
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
  return copies.length === 1
    ? ok(`${API} ${first.version}`)
    : ok(`${API} ${versions.join(', ')}, ${copies.length} copies that work together`);
}

function checkSdk(folder: string): Finding {
  const names = ['@opentelemetry/sdk-trace', '@opentelemetry/sdk-trace-base'];
  const found = names
    .map((name) => ({ name, installed: findPackage(name, folder) }))
    .find(({ installed }) => installed !== undefined);
  const version = found?.installed?.version;
  if (found === undefined || version === undefined) {
    return problem(
      'no OpenTelemetry SDK is installed',
      'npm install @opentelemetry/sdk-node; without one nothing is traced',
    );
  }
  const node = findPackage('@opentelemetry/sdk-node', folder);
  const withNode = node === undefined ? '' : `, sdk-node ${node.version}`;
  return satisfies(version, SUPPORTED_VERSIONS.sdk)
    ? ok(`OpenTelemetry SDK ${version.split('.', 1)[0]}.x (${found.name} ${version}${withNode})`)
    : problem(`${found.name} ${version}`, `${SUPPORTED_VERSIONS.sdk} is needed`);
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

function checkModules(folder: string, setup: string | undefined): Finding {
  const isEsm = readPackage(folder)?.manifest['type'] === 'module';
  const file = setup ?? (isEsm ? './tracing.mjs' : './tracing.cjs');
  const command = loadingArguments(file, folder).join(' ');
  return ok(`${isEsm ? 'ES modules' : 'CommonJS'}: start with node ${command}`);
}

/** What is installed in the project whose folder this is, and whether it fits together. */
export function checkProject(folder: string, setup: string | undefined): Finding[] {
  return [
    checkNode(process.versions.node),
    checkSdk(folder),
    checkApi(folder),
    ...checkDriver(folder, setup),
    checkModules(folder, setup),
  ];
}
