import { metrics, trace } from '@opentelemetry/api';
import type { Meter, MeterProvider, Tracer, TracerProvider } from '@opentelemetry/api';
import {
  InstrumentationBase,
  InstrumentationNodeModuleDefinition,
  InstrumentationNodeModuleFile,
} from '@opentelemetry/instrumentation';
import { channel } from 'node:diagnostics_channel';
import type { DatabricksAccess } from './access';
import { resolveConfig } from './config';
import type { DatabricksSqlInstrumentationConfig, ResolvedConfig } from './config';
import { ComponentLogger } from './diagnostics';
import {
  CLIENT_FILE,
  DRIVER_MODULE,
  FORMER_NAMES,
  loadedClientFiles,
  PATCHED_FILES,
} from './driver/files';
import { Guard } from './guard';
import type { DriverPatcher } from './driver-patcher';
import { PACKAGE_VERSION, SCHEMA_URL, SCOPE_NAME } from './scope';
import { SUPPORTED_VERSIONS } from './supported-versions';

const PATCHED_VERSIONS = [SUPPORTED_VERSIONS.driver];
/** Releases that are not patched, with a warning. */
const REFUSED_VERSIONS = [SUPPORTED_VERSIONS.driver.replace('>=', '<')];

const SCOPE_OPTIONS = { schemaUrl: SCHEMA_URL };

/** The doctor of the telemetry exporter listens here to what a set-up constructs. */
const components = channel('@dbsql-otel/components');

/** Stands in for the access when the patches cannot be loaded: telemetry must not break the application. */
const NO_ACCESS: DatabricksAccess = {
  connection: () => undefined,
  onClosed: () => () => {},
  release: () => {},
};

/**
 * Creates spans and metrics for `@databricks/sql`, the Databricks SQL driver for Node.js. Register it before the application
 * loads the driver, or pass the driver to {@link patch}.
 */
export class DatabricksSqlInstrumentation extends InstrumentationBase<DatabricksSqlInstrumentationConfig> {
  // Neither `#private` nor initialized: the base class calls `init` and `enable` before fields of this class exist.
  declare private guard: Guard;
  declare private diagnostics: ComponentLogger | undefined;
  declare private hasSearchedLoaded: boolean | undefined;
  declare private patcher: DriverPatcher | undefined;
  declare private scopedTracer: Tracer | undefined;
  declare private scopedMeter: Meter | undefined;

  /** @param config every option has a default */
  constructor(config: DatabricksSqlInstrumentationConfig = {}) {
    super(SCOPE_NAME, PACKAGE_VERSION, config);
    if (components.hasSubscribers) {
      components.publish({
        kind: 'instrumentation',
        instance: this,
        isPatched: () => this.patcher?.isPatched === true,
      });
    }
  }

  /** Weak access to the application's open connections, for a telemetry exporter. Holds no credentials. */
  get access(): DatabricksAccess {
    return this.guard.run('access', () => this.startPatcher().access) ?? NO_ACCESS;
  }

  /**
   * Patches a driver that the module hooks do not see: one in a bundle, or one that was loaded earlier. Never throws.
   * @param driverModule the result of `require('@databricks/sql')` or `import * as`
   */
  patch(driverModule: unknown): void {
    this.guard.run('patch', () => {
      this.startPatcher().patchMain(driverModule, undefined);
    });
  }

  /** Replaces all options, at any time. Options that are left out get their defaults. */
  override setConfig(config: DatabricksSqlInstrumentationConfig): void {
    super.setConfig(resolveConfig(config, this.log));
    this.patcher?.configure(this.getConfig() as ResolvedConfig);
  }

  /** The base class creates its tracer and meter without a schema URL. */
  protected override get tracer(): Tracer {
    this.scopedTracer ??= trace
      .getTracerProvider()
      .getTracer(SCOPE_NAME, PACKAGE_VERSION, SCOPE_OPTIONS);
    return this.scopedTracer;
  }

  protected override get meter(): Meter {
    this.scopedMeter ??= metrics.getMeter(SCOPE_NAME, PACKAGE_VERSION, SCOPE_OPTIONS);
    return this.scopedMeter;
  }

  /** Records later measurements with `meterProvider` instead of the global one. */
  override setMeterProvider(meterProvider: MeterProvider): void {
    this.guard.run('setMeterProvider', () => {
      this.scopedMeter = meterProvider.getMeter(SCOPE_NAME, PACKAGE_VERSION, SCOPE_OPTIONS);
      super.setMeterProvider(meterProvider);
    });
  }

  /** Creates later spans with `tracerProvider` instead of the global one. */
  override setTracerProvider(tracerProvider: TracerProvider): void {
    this.guard.run('setTracerProvider', () => {
      this.log.repeat();
      this.scopedTracer = tracerProvider.getTracer(SCOPE_NAME, PACKAGE_VERSION, SCOPE_OPTIONS);
      super.setTracerProvider(tracerProvider);
      this.patcher?.tracerChanged();
    });
  }

  /** Patches the driver again after {@link disable}. A new instrumentation is enabled unless `enabled` is false. */
  override enable(): void {
    this.guard.run('enable', () => {
      super.enable();
      this.patchLoaded();
      this.patcher?.enable();
      this.log.repeat();
    });
  }

  /** Restores the driver's methods, and ends the spans of statements that still run. */
  override disable(): void {
    this.guard.run('disable', () => {
      super.disable();
      this.patcher?.disable();
    });
  }

  /** The base class calls it in its constructor and for each request of the module definitions. */
  protected override init(): InstrumentationNodeModuleDefinition[] {
    if (!Object.hasOwn(this, 'guard')) this.start();
    const files = PATCHED_FILES.flatMap((file) =>
      [FORMER_NAMES[file] ?? [], file].flat().map((name) =>
        this.file(name, PATCHED_VERSIONS, (exports, version) => {
          this.startPatcher().patchFile(file, exports, version);
        }),
      ),
    );
    files.push(
      this.file(CLIENT_FILE, REFUSED_VERSIONS, (_exports, version) => {
        this.refuse(version ?? '');
      }),
    );
    const definition = new InstrumentationNodeModuleDefinition(
      DRIVER_MODULE,
      PATCHED_VERSIONS,
      (exports: unknown, version) => {
        this.guard.run('main module', () => {
          this.startPatcher().patchMain(exports, version);
        });
        return exports;
      },
      undefined,
      files,
    );
    // Pre-releases are patched like their release; the class of the definition does not declare the option.
    return [Object.assign(definition, { includePrerelease: true })];
  }

  protected override _updateMetricInstruments(): void {
    this.patcher?.meterChanged(this.meter);
  }

  /** Created with the first line: the base class calls {@link setConfig} before fields of this class exist. */
  private get log(): ComponentLogger {
    this.diagnostics ??= new ComponentLogger();
    return this.diagnostics;
  }

  private start(): void {
    this.guard = new Guard(this.log);
    // The base class logs in the application's calls, too.
    this._diag = this.log;
  }

  /** Patches the drivers that were loaded before the first {@link enable}. */
  private patchLoaded(): void {
    if (this.hasSearchedLoaded === true) return;
    this.hasSearchedLoaded = true;
    if (loadedClientFiles().length === 0) return;
    const { loadedDrivers } = require('./driver/loaded') as typeof import('./driver/loaded');
    for (const driver of loadedDrivers()) {
      const { version = '' } = driver;
      if (!driver.isSupported) {
        this.refuse(version);
      } else if (this.startPatcher().patchLoaded(driver)) {
        this.log.remark(
          `${DRIVER_MODULE} ${version} was loaded before this instrumentation. It is patched now, and calls made before are not traced: load the setup first`,
        );
      }
    }
  }

  private refuse(version: string): void {
    this.log.warn(
      `${DRIVER_MODULE} ${version} is not instrumented: the supported versions are ${SUPPORTED_VERSIONS.driver}`,
    );
  }

  /** Loads most of this package, on first use: when the driver is loaded, or `access` is read. */
  private startPatcher(): DriverPatcher {
    if (this.patcher === undefined) {
      const module = require('./driver-patcher') as typeof import('./driver-patcher');
      this.patcher = new module.DriverPatcher(
        this.log,
        this.guard,
        this.getConfig() as ResolvedConfig,
        this.meter,
        () => this.tracer,
        () => this.logger,
      );
      if (this.isEnabled()) this.patcher.enable();
    }
    return this.patcher;
  }

  /** An error that escaped from here would break the application's `require`. */
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
