import type { Attributes } from '@opentelemetry/api';
import { guarded } from '../diagnostics';
import { connectionFacts, driverVersion, userAgentEntry } from '../frontend-log/connection-facts';
import { encodeError, encodeOperation, prepareConnection } from '../frontend-log/translate';
import type { PreparedConnection } from '../frontend-log/translate';
import {
  authenticatedUserAgent,
  driverVersionOf,
  remoteUserAgent,
} from '../frontend-log/user-agent';
import type { BatchInFlight, RecordInFlight } from './batch-in-flight';

/** Encodes records, and prepares once what the records of a connection have in common. */
export class RecordEncoder {
  readonly #prepared = new WeakMap<Attributes, PreparedConnection>();

  /** The log of a record; `undefined` when its span cannot be read. */
  encode({ record, batch }: RecordInFlight): string | undefined {
    return guarded('translation', () => {
      const { span, join } = record;
      const prepared = this.#prepare(batch);
      return join.kind === 'error'
        ? encodeError(span, prepared)
        : encodeOperation(span, prepared, join);
    });
  }

  #prepare(batch: BatchInFlight): PreparedConnection {
    const { facts, destination, resource } = batch;
    let prepared = this.#prepared.get(facts);
    if (!prepared) {
      prepared = prepareConnection(
        connectionFacts(facts, destination.host, resource),
        userAgentOf(batch),
      );
      this.#prepared.set(facts, prepared);
    }
    return prepared;
  }
}

/** The `User-Agent` of a connection's authenticated requests. */
export function userAgentOf(batch: BatchInFlight): string {
  const { destination, resource } = batch;
  const version = driverVersionOfBatch(batch);
  const own =
    resource === undefined
      ? destination.userAgent
      : remoteUserAgent(resource, version, userAgentEntry(batch.facts));
  return authenticatedUserAgent(own, version);
}

/** The driver's version, from the spans or else from the driver's user agent. */
export function driverVersionOfBatch({ facts, destination }: BatchInFlight): string | undefined {
  return driverVersion(facts) ?? driverVersionOf(destination.userAgent);
}
