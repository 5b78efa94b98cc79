// What the compatibility run tells an application, in its environment.
'use strict';

exports.beside = process.env.COMPAT_BESIDE;
/** What `DBSQLClient.connect` is given. */
exports.connection = JSON.parse(process.env.COMPAT_CONNECTION);
exports.otlpUrl = process.env.COMPAT_OTLP_URL;
exports.report = process.env.COMPAT_REPORT;
