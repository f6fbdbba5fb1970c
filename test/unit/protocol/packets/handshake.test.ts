import { describe, expect, it } from 'vitest';
import { Capability, MariadbCapability } from '../../../../src/protocol/constants.js';
import { readAuthMoreData, writeAuthMoreData } from '../../../../src/protocol/packets/auth-more-data.js';
import { readAuthSwitchRequest, writeAuthSwitchRequest } from '../../../../src/protocol/packets/auth-switch-request.js';
import { readComChangeUser, writeComChangeUser } from '../../../../src/protocol/packets/com-change-user.js';
import {
  type HandshakeResponse41,
  readHandshakeResponse41,
  writeHandshakeResponse41,
} from '../../../../src/protocol/packets/handshake-response-41.js';
import { type HandshakeV10, readHandshakeV10, writeHandshakeV10 } from '../../../../src/protocol/packets/handshake-v10.js';
import { isSslRequest, readSslRequest, writeSslRequest } from '../../../../src/protocol/packets/ssl-request.js';
import { PacketWriter } from '../../../../src/protocol/wire/writer.js';

const scramble = Buffer.from('12345678901234567890');
const modern =
  (Capability.longPassword |
    Capability.protocol41 |
    Capability.secureConnection |
    Capability.pluginAuth |
    Capability.pluginAuthLenencClientData |
    Capability.connectAttrs |
    Capability.connectWithDb) >>>
  0;

function payload(write: (writer: PacketWriter) => void): Buffer {
  const writer = new PacketWriter();
  write(writer);
  return writer.take().subarray(4);
}

describe('HandshakeV10', () => {
  const handshake: HandshakeV10 = {
    serverVersion: '8.4.3',
    threadId: 0xfedcba98,
    scramble,
    capabilities: (modern | Capability.rememberOptions) >>> 0,
    mariadbCapabilities: 0,
    collation: 255,
    status: 2,
    authPlugin: 'caching_sha2_password',
  };

  it('is read as it was written', () => {
    const bytes = payload((writer) => writeHandshakeV10(writer, handshake));
    expect(readHandshakeV10(bytes, 0, bytes.length)).toEqual(handshake);
  });

  it('has the layout of the manual', () => {
    const capabilities = (0x8008_0000 | 0xa201) >>> 0;
    const bytes = payload((writer) => writeHandshakeV10(writer, { ...handshake, authPlugin: 'p', capabilities }));
    const expected = [
      ...['0a', '382e342e3300', '98badcfe', scramble.toString('hex', 0, 8), '00', '01a2', 'ff', '0200', '0880', '15'],
      ...['00'.repeat(10), scramble.toString('hex', 8), '00', '7000'],
    ];
    expect(bytes.toString('hex')).toBe(expected.join(''));
  });

  it('carries extended capabilities for MariaDB only', () => {
    const mariadb = { ...handshake, capabilities: (handshake.capabilities & ~Capability.longPassword) >>> 0, mariadbCapabilities: 0x1d };
    const bytes = payload((writer) => writeHandshakeV10(writer, mariadb));
    expect(readHandshakeV10(bytes, 0, bytes.length)).toEqual(mariadb);
  });

  it('refuses every cut and another version', () => {
    const bytes = payload((writer) => writeHandshakeV10(writer, { ...handshake, capabilities: 0 }));
    for (let end = 0; end < bytes.length - 25; end++) expect(() => readHandshakeV10(bytes, 0, end)).toThrow();
    bytes[0] = 9;
    expect(() => readHandshakeV10(bytes, 0, bytes.length)).toThrow('protocol version 9');
  });
});

describe('HandshakeResponse41', () => {
  const response: HandshakeResponse41 = {
    capabilities: modern,
    mariadbCapabilities: 0,
    maxPacketBytes: 1 << 24,
    collation: 45,
    username: 'jürgen',
    authResponse: Buffer.alloc(32, 7),
    schema: 'shop',
    authPlugin: 'caching_sha2_password',
    connectAttributes: [
      ['_client_name', 'libmysql'],
      ['program_name', 'x'.repeat(300)],
    ],
    zstdLevel: 0,
  };
  const read = (value: HandshakeResponse41): HandshakeResponse41 => {
    const bytes = payload((writer) => writeHandshakeResponse41(writer, value));
    return readHandshakeResponse41(bytes, 0, bytes.length);
  };

  it.each<[string, HandshakeResponse41]>([
    ['modern', response],
    ['one length byte', { ...response, capabilities: (modern & ~Capability.pluginAuthLenencClientData) >>> 0 }],
    ['no schema', { ...response, capabilities: (modern & ~Capability.connectWithDb) >>> 0, schema: '' }],
    ['zstd', { ...response, capabilities: (modern | Capability.zstdCompression) >>> 0, zstdLevel: 3 }],
    [
      'MariaDB',
      { ...response, capabilities: (modern & ~Capability.longPassword) >>> 0, mariadbCapabilities: MariadbCapability.cacheMetadata },
    ],
    ['empty password', { ...response, authResponse: Buffer.alloc(0) }],
  ])('is read as it was written: %s', (_, value) => {
    expect(read(value)).toEqual(value);
  });

  it('refuses every cut before the schema', () => {
    const bytes = payload((writer) => writeHandshakeResponse41(writer, response));
    for (let end = 0; end < bytes.indexOf('shop'); end++) {
      expect(() => readHandshakeResponse41(bytes, 0, end)).toThrow();
    }
  });

  it('refuses a client of before 4.1 with 1043', () => {
    expect(() => readHandshakeResponse41(Buffer.alloc(40), 0, 40)).toThrow('Bad handshake: client without CLIENT_PROTOCOL_41');
    expect(() => readHandshakeResponse41(Buffer.alloc(5), 0, 5)).toThrow('Bad handshake');
  });

  it('refuses attributes that are longer than their size', () => {
    const bytes = payload((writer) => writeHandshakeResponse41(writer, { ...response, connectAttributes: [['abc', 'def']] }));
    bytes[bytes.length - 8 - 1] = 5;
    expect(() => readHandshakeResponse41(bytes, 0, bytes.length)).toThrow('connection attributes');
  });

  it('is told from an SSLRequest', () => {
    const part = { capabilities: modern | Capability.ssl, mariadbCapabilities: 0, maxPacketBytes: 5, collation: 33 };
    const ssl = payload((writer) => writeSslRequest(writer, part));
    expect(isSslRequest(ssl, 0, ssl.length)).toBe(true);
    expect(readSslRequest(ssl, 0, ssl.length)).toEqual(part);
    const full = payload((writer) => writeHandshakeResponse41(writer, response));
    expect(isSslRequest(full, 0, full.length)).toBe(false);
  });
});

describe('the other packets of authentication', () => {
  it('AuthSwitchRequest', () => {
    const request = { authPlugin: 'mysql_native_password', data: Uint8Array.from(scramble) };
    const bytes = payload((writer) => writeAuthSwitchRequest(writer, request));
    expect(bytes.at(-1)).toBe(0);
    expect(readAuthSwitchRequest(bytes, 0, bytes.length)).toEqual(request);
    expect(readAuthSwitchRequest(Buffer.of(0xfe), 0, 1).authPlugin).toBe('mysql_old_password');
    expect(() => readAuthSwitchRequest(Buffer.of(0), 0, 1)).toThrow('expected 0xfe');
  });

  it('AuthMoreData', () => {
    const bytes = payload((writer) => writeAuthMoreData(writer, Buffer.of(4)));
    expect([...readAuthMoreData(bytes, 0, bytes.length)]).toEqual([4]);
    expect(() => readAuthMoreData(Buffer.of(0), 0, 1)).toThrow('expected 0x01');
  });

  it('COM_CHANGE_USER', () => {
    const change = {
      username: 'app',
      authResponse: Buffer.alloc(20, 1),
      schema: 'shop',
      collation: 0x2ff,
      authPlugin: 'mysql_native_password',
    };
    const bytes = payload((writer) => writeComChangeUser(writer, change, modern));
    expect(readComChangeUser(bytes, 0, bytes.length, modern)).toEqual({ ...change, connectAttributes: [] });
    const short = Buffer.concat([Buffer.from('\x11app\0'), Buffer.of(0), Buffer.from('shop\0')]);
    expect(readComChangeUser(short, 0, short.length, modern)).toMatchObject({
      username: 'app',
      schema: 'shop',
      collation: 0,
      authPlugin: '',
    });
  });
});
