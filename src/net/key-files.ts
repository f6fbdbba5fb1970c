import { generateKeyPair } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generate } from 'selfsigned';

/** PEM texts of the datadir's key files. */
export interface KeyFiles {
  readonly tls: { readonly certificate: string; readonly key: string; readonly ca: string };
  readonly rsa: { readonly privateKey: string; readonly publicKey: string };
}

/** File names in the datadir; put files of your own there to use other certificates. */
export const keyFileNames = {
  ca: 'weir-ca.pem',
  caKey: 'weir-ca-key.pem',
  certificate: 'weir-cert.pem',
  key: 'weir-key.pem',
  rsaPrivate: 'weir-rsa-private.pem',
  rsaPublic: 'weir-rsa-public.pem',
} as const;

const DAYS = 3650;
const MS_A_DAY = 24 * 3600 * 1000;

/**
 * Loads the key files; makes a certificate or an RSA key pair where none of its files exists.
 * @throws Error naming the file that is missing beside its companion or can not be read or written
 */
export async function ensureKeyFiles(datadir: string): Promise<KeyFiles> {
  const path = (name: keyof typeof keyFileNames): string => join(datadir, keyFileNames[name]);
  const missing = (names: readonly (keyof typeof keyFileNames)[]): boolean => names.every((name) => !existsSync(path(name)));
  if (missing(['ca', 'certificate', 'key'])) await makeCertificates(path);
  if (missing(['rsaPrivate', 'rsaPublic'])) await makeRsaKeys(path);
  return loadKeyFiles(datadir);
}

/** @throws Error naming the file that can not be read */
export function loadKeyFiles(datadir: string): KeyFiles {
  const read = (name: keyof typeof keyFileNames): string => readFileSync(join(datadir, keyFileNames[name]), 'utf8');
  return {
    tls: { certificate: read('certificate'), key: read('key'), ca: read('ca') },
    rsa: { privateKey: read('rsaPrivate'), publicKey: read('rsaPublic') },
  };
}

/** A CA of its own, so that clients can check the certificate by it, and a certificate that it signed. */
async function makeCertificates(path: (name: keyof typeof keyFileNames) => string): Promise<void> {
  const validity = { notBeforeDate: new Date(), notAfterDate: new Date(Date.now() + DAYS * MS_A_DAY), keySize: 2048, algorithm: 'sha256' };
  const caExtensions = [
    { name: 'basicConstraints' as const, cA: true, critical: true },
    { name: 'keyUsage' as const, keyCertSign: true, cRLSign: true, critical: true },
  ];
  const ca = await generate([{ name: 'commonName', value: 'weir automatically made CA' }], { ...validity, extensions: caExtensions });
  const server = await generate([{ name: 'commonName', value: 'weir automatically made server certificate' }], {
    ...validity,
    ca: { key: ca.private, cert: ca.cert },
  });
  writeKey(path('caKey'), ca.private);
  writeKey(path('key'), server.private);
  writeFileSync(path('ca'), ca.cert, { mode: 0o644 });
  writeFileSync(path('certificate'), server.cert, { mode: 0o644 });
}

async function makeRsaKeys(path: (name: keyof typeof keyFileNames) => string): Promise<void> {
  const pair = await promisify(generateKeyPair)('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  writeKey(path('rsaPrivate'), pair.privateKey);
  writeFileSync(path('rsaPublic'), pair.publicKey, { mode: 0o644 });
}

function writeKey(path: string, pem: string): void {
  writeFileSync(path, pem, { mode: 0o600 });
}
