// Loaded before lerna in a rehearsal: the statement of provenance is what npm writes, and its signature is left out,
// because only a workflow has the identity to sign with. Everything else of the upload is as in a release.
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');

// The copy of sigstore that lerna's upload uses, wherever npm has put it.
const lerna = createRequire(path.resolve(__dirname, '../../node_modules/lerna/dist/index.js'));
const publisher = createRequire(lerna.resolve('libnpmpublish'));
const sigstore = publisher('sigstore');

async function attest(payload, payloadType) {
  return {
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: { tlogEntries: [] },
    dsseEnvelope: { payload: payload.toString('base64'), payloadType, signatures: [] },
  };
}

publisher.cache[publisher.resolve('sigstore')].exports = { ...sigstore, attest };
