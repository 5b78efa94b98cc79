import { diag } from '@opentelemetry/api';
import type { DiagLogger, TracerProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import type { DatabricksAccess } from './access';
import { resolveConfig } from './config';
import type { DatabricksSqlInstrumentationConfig, ResolvedConfig } from './config';
import { CLIENT_FILE, DRIVER_MODULE, isDriverLoaded, PATCHED_FILES } from './driver/files';
import { Guard } from './guard';
import type { DriverPatcher } from './driver-patcher';
import { PACKAGE_VERSION, SCOPE_NAME } from './scope';
import { SUPPORTED_VERSIONS } from './supported-versions';

const PATCHED_VERSIONS = [SUPPORTED_VERSIONS.driver];
/** Recognised, reported once and left alone. */
const REFUSED_VERSIONS = ['<1.9.0', '>=3'];

/** When there is none to be had: an application does not fail over its telemetry. */
const NO_ACCESS: DatabricksAccess = {
  connection: () => undefined,
  onClosed: () => () => {},
  release: () => {},
};

/** Traces and measures `@databricks/sql`. */
export class DatabricksSqlInstrumentation extends InstrumentationBase<DatabricksSqlInstrumentationConfig> {
  // No initialisers: the base class calls `init` and `enable` before they would run.
  declare private guard: Guard;
  declare private patcher: DriverPatcher | undefined;

  /** @param config see the options table of the README */
  constructor(config: DatabricksSqlInstrumentationConfig = {}) {
    super(SCOPE_NAME, PACKAGE_VERSION, config);
  }

  /** Weak access to the connections the application has open, for a telemetry exporter. */
  get access(): DatabricksAccess {
    return this.guard.run('access', () => this.startPatcher().access) ?? NO_ACCESS;
  }

  /**
   * Patches a driver that no hook sees: one in a bundle, or one that was loaded before.
   * @param driverModule what `require('@databricks/sql')` or `import * as` gives
   */
  patch(driverModule: unknown): void {
    this.guard.run('patch', () => {
      this.startPatcher().patchMain(driverModule);
    });
  }

  override setConfig(config: DatabricksSqlInstrumentationConfig): void {
    super.setConfig(resolveConfig(config, componentDiag()));
    this.patcher?.configure(this.getConfig() as ResolvedConfig);
  }

  override setTracerProvider(tracerProvider: TracerProvider): void {
    super.setTracerProvider(tracerProvider);
    this.patcher?.tracerChanged();
  }

  override enable(): void {
    super.enable();
    this.patcher?.enable();
  }

  /** Puts the driver back as it was. Statements that still wait for their end are ended now. */
  override disable(): void {
    super.disable();
    this.patcher?.disable();
  }

  /** Called by the constructor, and again by whoever asks for the module definitions. */
  protected override init(): InstrumentationNodeModuleDefinition[] {
    if (!Object.hasOwn(this, 'guard')) this.start();
    const files = PATCHED_FILES.map((file) =>
      this.file(file, PATCHED_VERSIONS, (exports, version) => {
        this.startPatcher().patchFile(file, exports, version);
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

  protected override _updateMetricInstruments(): void {
    this.patcher?.meterChanged(this.meter);
  }

  private start(): void {
    this.guard = new Guard(componentDiag());
    if (isDriverLoaded()) {
      componentDiag().warn(
        `${DRIVER_MODULE} was loaded before this instrumentation: load it later, or hand it to patch()`,
      );
    }
  }

  /** Nine tenths of this package: they wait for the driver, or for somebody who asks for its connections. */
  private startPatcher(): DriverPatcher {
    if (this.patcher === undefined) {
      const module = require('./driver-patcher') as typeof import('./driver-patcher');
      this.patcher = new module.DriverPatcher(
        componentDiag(),
        this.guard,
        this.getConfig() as ResolvedConfig,
        this.meter,
        () => this.tracer,
      );
      if (this.isEnabled()) this.patcher.enable();
    }
    return this.patcher;
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
        this.guard.run(name, () => {
          patch(exports, version);
        });
        return exports;
      },
      () => {},
    );
  }
}

function componentDiag(): DiagLogger {
  return diag.createComponentLogger({ namespace: SCOPE_NAME });
}
