import { diag } from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import type { DatabricksAccess } from './access';
import { resolveConfig } from './config';
import type { DatabricksSqlInstrumentationConfig, ResolvedConfig } from './config';
import { DRIVER_MODULE } from './driver';
import { isDriverLoaded } from './loaded-driver';
import { Metrics } from './metrics';
import { CLIENT_FILE, PATCHED_FILES } from './patched-files';
import { PrototypePatches } from './prototype-patches';
import { SCOPE_NAME } from './semconv';
import { startLine } from './start-line';
import { SUPPORTED_VERSIONS } from './supported-versions';
import { Tracing } from './tracing';
import { PACKAGE_VERSION } from './version';

const PATCHED_VERSIONS = [SUPPORTED_VERSIONS.driver];
/** Recognised, reported once and left alone. */
const REFUSED_VERSIONS = ['<1.9.0', '>=3'];

/** The patches and what they need are most of this package: they are loaded with the driver, not with the application. */
function loadPatches(): typeof import('./patches') {
  return require('./patches') as typeof import('./patches');
}

/** Traces and measures `@databricks/sql`. */
export class DatabricksSqlInstrumentation extends InstrumentationBase<DatabricksSqlInstrumentationConfig> {
  // No initialisers: the base class calls `init` and `enable` before they would run.
  declare private tracing: Tracing;
  declare private patches: PrototypePatches;

  /** @param config see the options table of the README */
  constructor(config: DatabricksSqlInstrumentationConfig = {}) {
    super(SCOPE_NAME, PACKAGE_VERSION, config);
  }

  /** Weak access to the connections the application has open, for a telemetry exporter. */
  get access(): DatabricksAccess {
    return this.tracing.access;
  }

  /**
   * Patches a driver that no hook sees: one in a bundle, or one that was loaded before.
   * @param driverModule what `require('@databricks/sql')` or `import * as` gives
   */
  patch(driverModule: unknown): void {
    this.tracing.guard.run('patch', () => {
      this.patchMain(driverModule);
    });
  }

  override setConfig(config: DatabricksSqlInstrumentationConfig): void {
    super.setConfig(resolveConfig(config, componentDiag()));
    if (this.isStarted) this.tracing.config = this.getConfig() as ResolvedConfig;
  }

  override setTracerProvider(tracerProvider: TracerProvider): void {
    super.setTracerProvider(tracerProvider);
    this.tracing.tracerChanged();
  }

  override enable(): void {
    super.enable();
    this.tracing.enabled = true;
    this.patches.installAll();
  }

  /** Puts the driver back as it was. Statements that still wait for their end are ended now. */
  override disable(): void {
    super.disable();
    this.tracing.enabled = false;
    this.patches.uninstallAll();
    this.tracing.guard.run('disable', () => {
      this.tracing.abandonAll();
    });
  }

  /** Called by the constructor, and again by whoever asks for the module definitions. */
  protected override init(): InstrumentationNodeModuleDefinition[] {
    if (!this.isStarted) this.start();
    const files = PATCHED_FILES.map((file) =>
      this.file(file, PATCHED_VERSIONS, (exports, version) => {
        this.patches.apply(
          defaultExport(exports),
          loadPatches().PATCHES[file](this.tracing, version),
        );
        if (file === CLIENT_FILE) this.announce(version);
      }),
    );
    files.push(
      this.file(CLIENT_FILE, REFUSED_VERSIONS, (_exports, version) => {
        componentDiag().warn(
          `${DRIVER_MODULE} ${version ?? ''} is not instrumented: ${SUPPORTED_VERSIONS.driver} is`,
        );
      }),
    );
    return [
      new InstrumentationNodeModuleDefinition(
        DRIVER_MODULE,
        PATCHED_VERSIONS,
        (exports: unknown) => {
          this.patch(exports);
          return exports;
        },
        undefined,
        files,
      ),
    ];
  }

  /** The base class configures and measures before `init`. */
  private get isStarted(): boolean {
    return Object.hasOwn(this, 'tracing');
  }

  private start(): void {
    this.tracing = new Tracing(
      componentDiag(),
      this.getConfig() as ResolvedConfig,
      new Metrics(this.meter),
      () => this.tracer,
    );
    this.patches = new PrototypePatches();
    if (isDriverLoaded()) {
      componentDiag().warn(
        `${DRIVER_MODULE} was loaded before this instrumentation: load it later, or hand it to patch()`,
      );
    }
  }

  protected override _updateMetricInstruments(): void {
    if (this.isStarted) this.tracing.metrics = new Metrics(this.meter);
  }

  /** What throws in here would break the application's `require`. */
  private file(
    name: string,
    versions: string[],
    patch: (exports: unknown, version: string | undefined) => void,
  ): InstrumentationNodeModuleFile {
    return new InstrumentationNodeModuleFile(
      `${DRIVER_MODULE}/${name}`,
      versions,
      (exports: unknown, version?: string) => {
        this.tracing.guard.run(name, () => {
          patch(exports, version);
        });
        return exports;
      },
      () => {},
    );
  }

  /** The inner classes are not exported; where no hook saw them they are found from the objects. */
  private patchMain(driverModule: unknown): void {
    const main = (defaultExport(driverModule) ?? driverModule) as Readonly<
      Record<string, unknown>
    > | null;
    const { DBSQLClient, DBSQLSession } = main ?? {};
    if (this.patches.isPatched(DBSQLClient)) return;
    const { PATCHES, InstanceDiscovery } = loadPatches();
    this.patches.apply(DBSQLClient, PATCHES[CLIENT_FILE](this.tracing));
    this.patches.apply(DBSQLSession, PATCHES['dist/DBSQLSession.js'](this.tracing));
    this.tracing.discovery = new InstanceDiscovery(this.tracing, this.patches);
    this.announce(undefined);
  }

  private announce(driverVersion: string | undefined): void {
    componentDiag().info(startLine(driverVersion, this.tracing.config));
  }
}

function componentDiag(): ReturnType<typeof diag.createComponentLogger> {
  return diag.createComponentLogger({ namespace: SCOPE_NAME });
}

function defaultExport(exports: unknown): unknown {
  return typeof exports === 'object' && exports !== null && 'default' in exports
    ? exports.default
    : undefined;
}
