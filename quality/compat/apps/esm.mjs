import * as api from '@opentelemetry/api';
import { DBSQLClient } from '@databricks/sql';
import pipeline from './pipeline.cjs';
import story from './story.cjs';

await pipeline.started().finish(await story.tell(api, DBSQLClient));
