import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import * as der from './der';

/** A certificate and its private key, both PEM. */
export interface Credential {
  readonly certificate: string;
  readonly privateKey: string;
}

const OID = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAlternativeName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuthentication: '1.3.6.1.5.5.7.3.1',
  clientAuthentication: '1.3.6.1.5.5.7.3.2',
} as const;

const SERIAL_BYTES = 16;
const DAY_MS = 24 * 60 * 60 * 1000;
const VALID_DAYS = 30;
const GENERAL_NAME_DNS = 2;
const GENERAL_NAME_IP = 7;
const KEY_USAGE_CERTIFICATE_SIGNING = { bytes: Buffer.from([0x06]), unusedBits: 1 };
const KEY_USAGE_DIGITAL_SIGNATURE = { bytes: Buffer.from([0x80]), unusedBits: 7 };

interface CertificateRequest {
  readonly subject: string;
  readonly validUntil: Date;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** A certificate authority that lives as long as the process: P-256 keys, X.509 v3, nothing on disk. */
export class CertificateAuthority {
  /** The root certificate, PEM: what a client has to trust. */
  readonly certificate: string;
  readonly #privateKey: KeyObject;
  readonly #subject: string;
  readonly #keyIdentifier: Buffer;

  constructor(commonName = 'Local Warehouse Root CA') {
    const { publicKey, privateKey } = generateKeyPair();
    this.#privateKey = privateKey;
    this.#subject = commonName;
    this.#keyIdentifier = keyIdentifier(publicKey);
    this.certificate = this.#sign({
      subject: commonName,
      validUntil: inDays(VALID_DAYS),
      publicKey,
      extensions: [
        extension(OID.basicConstraints, true, der.sequence(der.boolean(true))),
        keyUsage(KEY_USAGE_CERTIFICATE_SIGNING),
        extension(OID.subjectKeyIdentifier, false, der.octetString(this.#keyIdentifier)),
      ],
    });
  }

  /** A server certificate for the given DNS names and IPv4 addresses; one that has run out, if wanted. */
  issueServer(names: readonly string[], validUntil = inDays(VALID_DAYS)): Credential {
    const alternativeNames = der.sequence(...names.map(generalName));
    return this.#issue(names[0] ?? 'server', validUntil, [
      extendedKeyUsage(OID.serverAuthentication),
      extension(OID.subjectAlternativeName, false, alternativeNames),
    ]);
  }

  /** A client certificate, for mutual TLS. */
  issueClient(commonName: string): Credential {
    return this.#issue(commonName, inDays(VALID_DAYS), [
      extendedKeyUsage(OID.clientAuthentication),
    ]);
  }

  #issue(subject: string, validUntil: Date, extensions: readonly Buffer[]): Credential {
    const { publicKey, privateKey } = generateKeyPair();
    const certificate = this.#sign({
      subject,
      validUntil,
      publicKey,
      extensions: [
        extension(OID.basicConstraints, true, der.sequence()),
        keyUsage(KEY_USAGE_DIGITAL_SIGNATURE),
        extension(OID.subjectKeyIdentifier, false, der.octetString(keyIdentifier(publicKey))),
        extension(
          OID.authorityKeyIdentifier,
          false,
          der.sequence(der.implicitContext(0, this.#keyIdentifier)),
        ),
        ...extensions,
      ],
    });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    return { certificate, privateKey: key };
  }

  #sign({ subject, validUntil, publicKey, extensions }: CertificateRequest): string {
    const algorithm = der.sequence(der.objectIdentifier(OID.ecdsaWithSha256));
    const validFrom = Math.min(Date.now(), validUntil.getTime()) - DAY_MS;
    const toBeSigned = der.sequence(
      der.explicitContext(0, der.unsignedInteger(Buffer.from([2]))),
      der.unsignedInteger(randomBytes(SERIAL_BYTES)),
      algorithm,
      distinguishedName(this.#subject),
      der.sequence(der.utcTime(new Date(validFrom)), der.utcTime(validUntil)),
      distinguishedName(subject),
      publicKey.export({ type: 'spki', format: 'der' }),
      der.explicitContext(3, der.sequence(...extensions)),
    );
    const signature = sign('sha256', toBeSigned, this.#privateKey);
    return pem(der.sequence(toBeSigned, algorithm, der.bitString(signature)));
  }
}

function inDays(days: number): Date {
  return new Date(Date.now() + days * DAY_MS);
}

function generateKeyPair(): { publicKey: KeyObject; privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

function keyIdentifier(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha1').update(spki).digest();
}

function distinguishedName(commonName: string): Buffer {
  const attribute = der.sequence(der.objectIdentifier(OID.commonName), der.utf8String(commonName));
  return der.sequence(der.set(attribute));
}

function extension(oid: string, critical: boolean, value: Buffer): Buffer {
  const parts = [der.objectIdentifier(oid)];
  if (critical) parts.push(der.boolean(true));
  return der.sequence(...parts, der.octetString(value));
}

function keyUsage(usage: { bytes: Buffer; unusedBits: number }): Buffer {
  return extension(OID.keyUsage, true, der.bitString(usage.bytes, usage.unusedBits));
}

function extendedKeyUsage(purpose: string): Buffer {
  return extension(OID.extendedKeyUsage, false, der.sequence(der.objectIdentifier(purpose)));
}

function generalName(name: string): Buffer {
  if (isIP(name) === 4) {
    return der.implicitContext(GENERAL_NAME_IP, Buffer.from(name.split('.').map(Number)));
  }
  return der.implicitContext(GENERAL_NAME_DNS, Buffer.from(name, 'ascii'));
}

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
