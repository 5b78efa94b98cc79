import type { DiagLogger, Meter, Tracer } from '@opentelemetry/api';
import type { DatabricksAccess } from './access';
import type { ResolvedConfig } from './config';
import { CLIENT_FILE } from './driver/files';
import type { PatchedFile } from './driver/files';
import type { LoadedDriver } from './driver/loaded';
import type { Guard } from './guard';
import { InstanceDiscovery, PATCHES } from './patches';
import { NO_QUERY_TAGS } from './query-tags/option';
import { QueryTags } from './query-tags/query-tags';
import type { DriverChannels } from './patches/driver-channels';
import { PrototypePatches } from './patches/prototype-patches';
import { SharedState } from './patches/shared-state';
import { startupMessage } from './startup-message';
import type { EventLogger } from './telemetry/event-log';
import { Metrics } from './telemetry/metrics';
import { Telemetry } from './telemetry/telemetry';

/** The patches of one instrumentation, and what they share. */
export class DriverPatcher {
  readonly #diag: DiagLogger;
  readonly #telemetry: Telemetry;
  readonly #shared: SharedState;
  readonly #classes: PrototypePatches;
  readonly #tracer: () => Tracer;
  /** In place of the patches, for a driver that publishes its calls. */
  #channels: DriverChannels | undefined;
  #driverVersion: string | undefined;

  constructor(
    diag: DiagLogger,
    guard: Guard,
    config: ResolvedConfig,
    meter: Meter,
    tracer: () => Tracer,
    logger: () => EventLogger,
  ) {
    this.#diag = diag;
    this.#telemetry = new Telemetry(guard, config, new Metrics(meter), tracer, logger);
    this.#shared = new SharedState(this.#telemetry);
    this.#classes = new PrototypePatches(diag);
    this.#tracer = tracer;
    this.#configureQueryTags(config);
  }

  /** Whether any driver is patched. */
  get isPatched(): boolean {
    return !this.#classes.isEmpty;
  }

  get access(): DatabricksAccess {
    return this.#shared.access;
  }

  configure(config: ResolvedConfig): void {
    const possible = this.#channels === undefined ? config : withoutArguments(config);
    this.#telemetry.config = possible;
    this.#configureQueryTags(possible);
  }

  tracerChanged(): void {
    this.#telemetry.tracerChanged();
  }

  meterChanged(meter: Meter): void {
    this.#telemetry.metrics = new Metrics(meter);
  }

  enable(): void {
    this.#shared.enabled = true;
    if (this.#channels === undefined) this.#classes.installAll();
    else this.#channels.subscribe();
  }

  /** Restores the driver's methods. Statements that still wait for their end are ended now. */
  disable(): void {
    this.#shared.enabled = false;
    this.#classes.uninstallAll();
    this.#channels?.unsubscribe();
    this.#shared.guard.run('disable', () => {
      this.#shared.abandonAll();
    });
  }

  /** Patches the class that a file of the driver exports. */
  patchFile(file: PatchedFile, exports: unknown, driverVersion: string | undefined): void {
    this.#driverVersion = driverVersion;
    if (this.#channels !== undefined) return;
    const patched = defaultExport(exports);
    const isKnown = this.#classes.isPatched(patched);
    this.#classes.apply(patched, PATCHES[file](this.#shared, driverVersion));
    if (file === CLIENT_FILE && !isKnown && this.#classes.isPatched(patched)) {
      this.#announce(driverVersion);
    }
  }

  /** Patches a driver whose files were loaded before any hook saw them. @returns whether its client is traced here */
  patchLoaded({ files, version }: LoadedDriver): boolean {
    for (const [file, exports] of files) this.patchFile(file, exports, version);
    return this.#classes.isPatched(defaultExport(files.get(CLIENT_FILE)));
  }

  /** The driver does not export its inner classes; where no hook saw them, they are found from objects. */
  patchMain(driverModule: unknown): void {
    const main = (defaultExport(driverModule) ?? driverModule) as Readonly<
      Record<string, unknown>
    > | null;
    if (this.#telemetry.config.driverChannels) this.#followChannels(main);
    if (this.#channels !== undefined) return;
    const { DBSQLClient, DBSQLSession } = main ?? {};
    if (this.#classes.isPatched(DBSQLClient)) return;
    this.#classes.apply(DBSQLClient, PATCHES[CLIENT_FILE](this.#shared));
    this.#classes.apply(DBSQLSession, PATCHES['dist/DBSQLSession.js'](this.#shared));
    this.#shared.discovery = new InstanceDiscovery(this.#shared, this.#classes);
    if (this.#classes.isPatched(DBSQLClient)) this.#announce(undefined);
  }

  #configureQueryTags({ queryTags, traceContext }: ResolvedConfig): void {
    const traceparent = traceContext === 'query-tags' || queryTags?.traceparent === true;
    const config = queryTags ?? (traceparent ? NO_QUERY_TAGS : undefined);
    this.#shared.queryTags =
      config && new QueryTags({ ...config, traceparent }, this.#shared.guard, this.#tracer);
  }

  /** Restores the methods that were replaced before the driver's module showed that it has channels. */
  #followChannels(driverModule: unknown): void {
    const module =
      require('./patches/driver-channels') as typeof import('./patches/driver-channels');
    if (this.#channels !== undefined || !module.hasChannels(driverModule)) return;
    this.#classes.uninstallAll();
    this.#channels = new module.DriverChannels(this.#shared, this.#driverVersion);
    this.configure(this.#telemetry.config);
    if (this.#shared.enabled) this.#channels.subscribe();
    this.#announce(this.#driverVersion);
  }

  #announce(driverVersion: string | undefined): void {
    const isEnabled = this.#shared.enabled;
    this.#diag.info(startupMessage(driverVersion, this.#telemetry.config, isEnabled));
  }
}

/** Channels show a call and cannot change its arguments. */
function withoutArguments(config: ResolvedConfig): ResolvedConfig {
  return { ...config, driverTelemetry: 'keep', traceContext: 'none', queryTags: undefined };
}

function defaultExport(exports: unknown): unknown {
  return typeof exports === 'object' && exports !== null && 'default' in exports
    ? exports.default
    : undefined;
}
