import type { DiagLogger, Meter, Tracer } from '@opentelemetry/api';
import type { DatabricksAccess } from './access';
import type { ResolvedConfig } from './config';
import { classOf, driverExports } from './driver/exports';
import type { DriverExports } from './driver/exports';
import { CLIENT_FILE, PATCHED_FILES, SESSION_FILE } from './driver/files';
import type { PatchedFile } from './driver/files';
import { classNameOf, isLoadedWithClient } from './driver/members';
import type { LoadedDriver } from './driver/loaded';
import { DriverReport } from './driver/report';
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

/** The classes without which no statement is traced. */
interface EntryClasses {
  readonly client: Function;
  readonly session: unknown;
  readonly driverVersion: string | undefined;
}

/** The patches of one instrumentation, and what they share. */
export class DriverPatcher {
  readonly #telemetry: Telemetry;
  readonly #shared: SharedState;
  readonly #classes: PrototypePatches;
  readonly #report: DriverReport;
  readonly #tracer: () => Tracer;
  /** In place of the patches, for a driver that publishes its calls. */
  #channels: DriverChannels | undefined;
  /** The classes of the files that a driver has loaded so far. */
  readonly #loading = new Map<PatchedFile, unknown>();
  /** The clients of the drivers that were reported as instrumented. */
  readonly #announced = new WeakSet<object>();
  /** Drivers that were passed while the instrumentation was disabled. */
  readonly #waiting = new Set<EntryClasses>();

  constructor(
    diag: DiagLogger,
    guard: Guard,
    config: ResolvedConfig,
    meter: Meter,
    tracer: () => Tracer,
    logger: () => EventLogger,
  ) {
    this.#report = new DriverReport(diag);
    this.#telemetry = new Telemetry(guard, config, new Metrics(meter), tracer, logger);
    this.#shared = new SharedState(this.#telemetry, this.#report);
    this.#classes = new PrototypePatches(this.#report);
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
    if (this.#channels !== undefined) {
      this.#channels.subscribe();
      return;
    }
    this.#classes.installAll();
    for (const entry of this.#waiting) this.#announce(entry);
    this.#waiting.clear();
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
    this.#report.driverVersion = driverVersion;
    if (this.#channels !== undefined) return;
    const className = classNameOf(file);
    const constructor = classOf(exports, className);
    const isKnown = this.#classes.isPatched(constructor);
    this.#classes.apply(className, constructor, PATCHES[file](this.#shared, driverVersion));
    this.#loading.set(file, constructor);
    if (file === CLIENT_FILE && !isKnown && constructor !== undefined) {
      this.#loaded(constructor, driverVersion);
    }
  }

  /** Patches a driver whose files were loaded before any hook saw them. @returns whether its client is traced here */
  patchLoaded({ files, version }: LoadedDriver): boolean {
    for (const [file, exports] of files) this.patchFile(file, exports, version);
    return this.#classes.isPatched(classOf(files.get(CLIENT_FILE), classNameOf(CLIENT_FILE)));
  }

  /** Patches what the driver's main module exports. Its inner classes are found from objects where no hook saw them. */
  patchMain(driverModule: unknown, driverVersion: string | undefined): void {
    this.#report.driverVersion = driverVersion;
    const found = driverExports(driverModule);
    if (this.#telemetry.config.driverChannels) this.#followChannels(found, driverVersion);
    if (this.#channels !== undefined) return;
    if (typeof found === 'string') {
      this.#report.notInstrumented(found);
      return;
    }
    const { DBSQLClient, DBSQLSession } = found;
    if (this.#classes.isPatched(DBSQLClient) && this.#classes.isPatched(DBSQLSession)) return;
    const client = PATCHES[CLIENT_FILE](this.#shared, driverVersion);
    this.#classes.apply('DBSQLClient', DBSQLClient, client);
    this.#classes.apply('DBSQLSession', DBSQLSession, PATCHES[SESSION_FILE](this.#shared));
    this.#discover();
    this.#announce({ client: DBSQLClient, session: DBSQLSession, driverVersion });
  }

  /** The client's file loads most others: those that were not loaded have another name or place in this release. */
  #loaded(client: Function, driverVersion: string | undefined): void {
    for (const file of PATCHED_FILES) {
      if (this.#loading.has(file) || !isLoadedWithClient(file, driverVersion)) continue;
      this.#report.withoutClass(classNameOf(file));
      this.#discover();
    }
    const session = this.#loading.get(SESSION_FILE);
    this.#loading.clear();
    this.#announce({ client, session, driverVersion });
  }

  #configureQueryTags({ queryTags, traceContext }: ResolvedConfig): void {
    const traceparent = traceContext === 'query-tags' || queryTags?.traceparent === true;
    const config = queryTags ?? (traceparent ? NO_QUERY_TAGS : undefined);
    this.#shared.queryTags =
      config && new QueryTags({ ...config, traceparent }, this.#shared.guard, this.#tracer);
  }

  /** Restores the methods that were replaced before the driver's module showed that it has channels. */
  #followChannels(found: DriverExports | string, driverVersion: string | undefined): void {
    if (this.#channels !== undefined || typeof found === 'string') return;
    const module =
      require('./patches/driver-channels') as typeof import('./patches/driver-channels');
    if (!module.hasChannels(found.module)) return;
    this.#classes.uninstallAll();
    this.#channels = new module.DriverChannels(this.#shared, driverVersion);
    this.configure(this.#telemetry.config);
    const { enabled } = this.#shared;
    if (enabled) this.#channels.subscribe();
    this.#report.started(startupMessage(driverVersion, this.#telemetry.config, enabled));
  }

  #discover(): void {
    this.#shared.discovery ??= new InstanceDiscovery(this.#shared, this.#classes);
  }

  /** Claims that the driver is instrumented only when its statements are. */
  #announce(entry: EntryClasses): void {
    const { client, session, driverVersion } = entry;
    if (!this.#shared.enabled) {
      this.#report.started(startupMessage(driverVersion, this.#telemetry.config, false));
      this.#waiting.add(entry);
      return;
    }
    if (
      this.#classes.isTraced(client, 'openSession') &&
      this.#classes.isTraced(session, 'executeStatement')
    ) {
      if (this.#announced.has(client)) return;
      this.#announced.add(client);
      this.#report.started(startupMessage(driverVersion, this.#telemetry.config));
      this.#report.sawVersion(driverVersion);
    } else if (!this.#classes.isForeign(client) && !this.#classes.isForeign(session)) {
      this.#report.notInstrumented(
        'its statements are traced only with DBSQLClient.openSession and DBSQLSession.executeStatement',
      );
    }
  }
}

/** Channels show a call and cannot change its arguments. */
function withoutArguments(config: ResolvedConfig): ResolvedConfig {
  return { ...config, driverTelemetry: 'keep', traceContext: 'none', queryTags: undefined };
}
