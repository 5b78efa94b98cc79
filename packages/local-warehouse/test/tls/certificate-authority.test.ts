import * as assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { CertificateAuthority } from '../../src';

describe('certificate authority', () => {
  const authority = new CertificateAuthority('Test Root CA');
  const root = new X509Certificate(authority.certificate);

  it('vouches for itself', () => {
    assert.strictEqual(root.ca, true);
    assert.strictEqual(root.subject, 'CN=Test Root CA');
    assert.ok(root.verify(root.publicKey));
  });

  it('issues what it can be checked against, for any names', () => {
    const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
    const domain = fc
      .array(label, { minLength: 1, maxLength: 3 })
      .map((labels) => labels.join('.'));
    fc.assert(
      fc.property(fc.oneof(domain, fc.ipV4()), (name) => {
        const { certificate, privateKey } = authority.issueServer([name]);
        const leaf = new X509Certificate(certificate);
        assert.ok(leaf.verify(root.publicKey));
        assert.ok(leaf.checkIssued(root));
        assert.ok(leaf.checkPrivateKey(createPrivateKey(privateKey)));
        assert.strictEqual(leaf.ca, false);
        const matches = /^[\d.]+$/.test(name) ? leaf.checkIP(name) : leaf.checkHost(name);
        assert.strictEqual(matches, name);
      }),
      { numRuns: 50 },
    );
  });

  it('is good now, and for a month', () => {
    const dayMs = 24 * 60 * 60 * 1000;
    assert.ok(Date.parse(root.validFrom) < Date.now());
    assert.ok(Date.parse(root.validTo) > Date.now() + 29 * dayMs);
  });
});
