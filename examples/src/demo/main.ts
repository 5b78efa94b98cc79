import { LOOPBACK_ADDRESS } from '@dbsql-otel/local-warehouse';

console.log(`The warehouse will listen on ${LOOPBACK_ADDRESS}.`);
