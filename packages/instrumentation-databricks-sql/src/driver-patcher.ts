import type { DiagLogger, Meter, Tracer } from '@opentelemetry/api';
import type { DatabricksAccess } from './access';
import type { ResolvedConfig } from './config';
import { CLIENT_FILE } from './driver/files';
import type { PatchedFile } from './driver/files';
import type { Guard } from './guard';
import { Metrics } from './telemetry/metrics';
import { InstanceDiscovery, PATCHES } from './patches';
import { PrototypePatches } from './patches/prototype-patches';
import { startupMessage } from './startup-message';
import { Tracing } from './telemetry/tracing';

/** The patches of one instrumentation and what they share. */
export class DriverPatcher {
  private readonly tracing: Tracing;
  private readonly classes = new PrototypePatches();

  constructor(
    private readonly diag: DiagLogger,
    guard: Guard,
    config: ResolvedConfig,
    meter: Meter,
    tracer: () => Tracer,
  ) {
    this.tracing = new Tracing(guard, config, new Metrics(meter), tracer);
  }

  get access(): DatabricksAccess {
    return this.tracing.access;
  }

  configure(config: ResolvedConfig): void {
    this.tracing.config = config;
  }

  tracerChanged(): void {
    this.tracing.tracerChanged();
  }

  meterChanged(meter: Meter): void {
    this.tracing.metrics = new Metrics(meter);
  }

  enable(): void {
    this.tracing.enabled = true;
    this.classes.installAll();
  }

  /** Puts the driver back as it was. Statements that still wait for their end are ended now. */
  disable(): void {
    this.tracing.enabled = false;
    this.classes.uninstallAll();
    this.tracing.guard.run('disable', () => {
      this.tracing.abandonAll();
    });
  }

  /** Patches the class that a file of the driver exports. */
  patchFile(file: PatchedFile, exports: unknown, driverVersion: string | undefined): void {
    this.classes.apply(defaultExport(exports), PATCHES[file](this.tracing, driverVersion));
    if (file === CLIENT_FILE) this.announce(driverVersion);
  }

  /** The inner classes are not exported; where no hook saw them they are found from the objects. */
  patchMain(driverModule: unknown): void {
    const main = (defaultExport(driverModule) ?? driverModule) as Readonly<
      Record<string, unknown>
    > | null;
    const { DBSQLClient, DBSQLSession } = main ?? {};
    if (this.classes.isPatched(DBSQLClient)) return;
    this.classes.apply(DBSQLClient, PATCHES[CLIENT_FILE](this.tracing));
    this.classes.apply(DBSQLSession, PATCHES['dist/DBSQLSession.js'](this.tracing));
    this.tracing.discovery = new InstanceDiscovery(this.tracing, this.classes);
    this.announce(undefined);
  }

  private announce(driverVersion: string | undefined): void {
    this.diag.info(startupMessage(driverVersion, this.tracing.config));
  }
}

function defaultExport(exports: unknown): unknown {
  return typeof exports === 'object' && exports !== null && 'default' in exports
    ? exports.default
    : undefined;
}
