'use strict';

const api = require('@opentelemetry/api');
const { DBSQLClient } = require('@databricks/sql');
const { started } = require('./pipeline.cjs');
const { tell } = require('./story.cjs');

void tell(api, DBSQLClient).then((outcome) => started().finish(outcome));
