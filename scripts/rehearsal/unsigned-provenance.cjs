// Loaded before lerna in a rehearsal: the statement of provenance is what npm writes, and its signature is left out,
// because only a workflow has the identity to sign with. Everything else of the upload is as in a release.
'use strict';

const { createRequire } = require('node:module');

const lerna = createRequire(require.resolve('lerna/package.json', { paths: [process.cwd()] }));
const sigstore = createRequire(lerna.resolve('libnpmpublish'))('sigstore');

sigstore.attest = async (payload, payloadType) => ({
  mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  verificationMaterial: { tlogEntries: [] },
  dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [] },
});
