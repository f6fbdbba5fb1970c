import { describe, expect, it } from 'vitest';
import { agreeCapabilities } from '../../../../src/backend/login/capability-agreement.js';
import { TrackedVariables, worthTracking } from '../../../../src/backend/login/tracked-variables.js';
import { flavourOf, supportsReset } from '../../../../src/base/server-version.js';
import { Capability, has, MariadbCapability } from '../../../../src/protocol/constants.js';
import type { HandshakeV10 } from '../../../../src/protocol/packets/handshake-v10.js';

const EVERYTHING = 0xffff_ffff;

function handshake(capabilities: number, mariadbCapabilities = 0, serverVersion = '9.4.0'): HandshakeV10 {
  return {
    serverVersion,
    threadId: 1,
    scramble: Buffer.alloc(20),
    capabilities,
    mariadbCapabilities,
    collation: 45,
    status: 2,
    authPlugin: '',
  };
}

const wanting = (capabilities: number, mariadbCapabilities = 0) => ({ capabilities, mariadbCapabilities });

describe('capability agreement', () => {
  it('never asks for a schema, compression or unneeded TLS', () => {
    const { capabilities, lacking } = agreeCapabilities(wanting(EVERYTHING), handshake(EVERYTHING), false);
    for (const flag of [Capability.connectWithDb, Capability.compress, Capability.zstdCompression, Capability.ssl]) {
      expect(has(capabilities, flag)).toBe(false);
    }
    expect(lacking).toEqual([]);
    expect(has(agreeCapabilities(wanting(0), handshake(EVERYTHING), true).capabilities, Capability.ssl)).toBe(true);
  });

  it('always asks for session tracking, plugins and attributes', () => {
    const { capabilities } = agreeCapabilities(wanting(0), handshake(EVERYTHING), false);
    for (const name of [
      'protocol41',
      'sessionTrack',
      'pluginAuth',
      'pluginAuthLenencClientData',
      'connectAttrs',
      'longPassword',
    ] as const) {
      expect(has(capabilities, Capability[name]), name).toBe(true);
    }
    expect(has(capabilities, Capability.deprecateEof)).toBe(false);
  });

  it('names what changes replies and is not there', () => {
    const offered = EVERYTHING & ~(Capability.queryAttributes | Capability.sessionTrack | Capability.ssl | Capability.interactive);
    const wanted = wanting(Capability.queryAttributes | Capability.interactive);
    const agreement = agreeCapabilities(wanted, handshake(offered), false);
    expect(agreement.lacking).toEqual(['queryAttributes']);
    expect(agreement.capabilities & Capability.sessionTrack).toBe(0);
    expect(agreeCapabilities(wanting(0), handshake(offered), true).lacking).toEqual(['ssl']);
  });

  it("asks a MariaDB server for its extended flags by clearing MySQL's first one", () => {
    const offered = handshake(EVERYTHING & ~Capability.longPassword, MariadbCapability.cacheMetadata, '5.5.5-10.11.6-MariaDB');
    const wanted = wanting(0, MariadbCapability.cacheMetadata | MariadbCapability.progress);
    const agreement = agreeCapabilities(wanted, offered, false);
    expect(has(agreement.capabilities, Capability.longPassword)).toBe(false);
    expect(agreement).toMatchObject({ mariadbCapabilities: MariadbCapability.cacheMetadata, lacking: [] });
    expect(agreeCapabilities(wanted, handshake(EVERYTHING), false).lacking).toEqual(['cacheMetadata']);
  });
});

describe('server version', () => {
  it('tells the flavours apart', () => {
    expect(flavourOf({ serverVersion: '5.5.5-10.11.6-MariaDB-log', capabilities: EVERYTHING })).toBe('mariadb');
    expect(flavourOf({ serverVersion: '10.6.1', capabilities: EVERYTHING & ~Capability.longPassword })).toBe('mariadb');
    expect(flavourOf({ serverVersion: '8.0.36', capabilities: EVERYTHING })).toBe('mysql');
  });

  it.each([
    ['mysql', '5.7.2', false],
    ['mysql', '5.7.3', true],
    ['mysql', '8.0.36-28', true],
    ['mysql', 'odd', false],
    ['mariadb', '5.5.5-10.2.3-MariaDB', false],
    ['mariadb', '5.5.5-10.2.4-MariaDB', true],
    ['mariadb', '11.4.2-MariaDB', true],
  ] as const)('knows whether %s %s can reset a connection', (flavour, version, can) => {
    expect(supportsReset(flavour, version)).toBe(can);
  });
});

describe('tracked variables', () => {
  it('leaves out what no statement sets and what has no session scope', () => {
    const names = [
      'sql_mode',
      'statement_id',
      'innodb_lock_wait_timeout',
      'innodb_buffer_pool_size',
      'ssl_ca',
      'TIMESTAMP',
      "odd'name",
      'sql_log_bin',
    ];
    expect(worthTracking(names)).toEqual(['sql_mode', 'innodb_lock_wait_timeout', 'timestamp', 'sql_log_bin']);
  });

  it('keeps the list of each version', () => {
    const variables = new TrackedVariables();
    expect(variables.get('9.4.0')).toBeNull();
    expect(variables.set('9.4.0', ['sql_mode', 'time_zone'])).toBe('sql_mode,time_zone');
    expect(variables.get('9.4.0')).toBe('sql_mode,time_zone');
    expect(variables.get('8.0.36')).toBeNull();
  });
});
