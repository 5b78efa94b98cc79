// What the vendor check passes to an application, in its environment.
'use strict';

/** Where the vendor's SDK sends what it exports. */
exports.backend = process.env.VENDOR_BACKEND;
/** Whether the vendor's sampler refuses every span. */
exports.refuses = process.env.VENDOR_SAMPLING === 'none';
/** What `DBSQLClient.connect` is given. */
exports.connection = JSON.parse(process.env.VENDOR_CONNECTION);

const FLUSH = Symbol.for('vendors.flush');

/** The setup file says how its SDK sends what it still holds. */
exports.onFlush = (flush) => {
  globalThis[FLUSH] = flush;
};
exports.flush = async () => globalThis[FLUSH]?.();
