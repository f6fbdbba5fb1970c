import { describe, expect, it } from 'vitest';
import { CommandTable } from '../../../src/stats/command-counters.js';
import type { DigestDelta, ErrorDelta } from '../../../src/stats/digest-delta.js';
import { DigestStats } from '../../../src/stats/digest-stats.js';
import { ErrorStats, NO_PLACE } from '../../../src/stats/error-stats.js';
import { latencyBucket } from '../../../src/stats/latency.js';
import { DigestLedger, ErrorLedger } from '../../../src/stats/ledger.js';

const source = (digest: string, command = 'SELECT') => ({
  digest,
  digestText: `${command} ${digest}`,
  verdict: { command },
  stats: null as unknown,
});

function counted(maxRecords = 100) {
  const commands = new CommandTable();
  const stats = new DigestStats(commands, () => maxRecords);
  const scope = stats.scope('shop', 'app', '');
  const record = (what: ReturnType<typeof source>, us: number, hostgroup = 1, by = scope): void =>
    stats.record(what, by, hostgroup, us, latencyBucket(us), 2, 3, 5_000);
  return { commands, stats, scope, record };
}

describe('digests of a worker', () => {
  it('are kept apart by user, schema, address and hostgroup, and handed over once', () => {
    const { stats, record } = counted();
    const query = source('0xA');
    const other = stats.scope('shop', 'other', '');
    for (const us of [100, 300, 50]) record(query, us);
    record(query, 10, 2);
    record(query, 20, 1, other);
    record(query, 200);
    const rows = stats.drain(100, 1_000_000);
    expect(rows.map((row) => [row.username, row.hostgroup, row.count, row.sumUs, row.minUs, row.maxUs])).toEqual([
      ['app', 1, 4, 650, 50, 300],
      ['app', 2, 1, 10, 10, 10],
      ['other', 1, 1, 20, 20, 20],
    ]);
    expect(rows[0]).toMatchObject({ rowsAffected: 8, rowsSent: 12, firstSeen: 1_005, lastSeen: 1_005, digestText: 'SELECT 0xA' });
    expect(stats.drain(100, 0)).toEqual([]);
    record(query, 70);
    expect(stats.drain(100, 0)).toMatchObject([{ count: 1, minUs: 70, maxUs: 70 }]);
  });

  it('the same names are the same scope', () => {
    const { stats } = counted();
    expect(stats.scope('a', 'b', 'c')).toBe(stats.scope('a', 'b', 'c'));
    expect(stats.scope('a', 'b', 'c')).not.toBe(stats.scope('a', 'bc', ''));
  });

  it('are bounded between two drains: more are counted as forgotten, commands still count', () => {
    const { stats, commands, record } = counted(3);
    for (let index = 0; index < 5; index++) record(source(`0x${index}`), 10);
    expect(stats.pending).toBe(3);
    expect(stats.forgotten).toBe(2);
    expect(commands.get('SELECT').count).toBe(5);
    expect(stats.drain(2, 0)).toHaveLength(2);
    expect(stats.drain(2, 0)).toHaveLength(1);
  });

  it('are handed over although their digest was forgotten by the analyzer, and more scopes than fit stay exact', () => {
    const { stats, record } = counted(10_000);
    const query = source('0xB');
    for (let index = 0; index < 600; index++) record(query, 10, 1, stats.scope(`schema${index}`, 'app', ''));
    for (let index = 0; index < 600; index++) record(query, 10, 1, stats.scope(`schema${index}`, 'app', ''));
    query.stats = null;
    const ledger = new DigestLedger(() => 10_000);
    ledger.merge(stats.drain(10_000, 0));
    const rows = ledger.rows();
    expect(rows).toHaveLength(600);
    expect(rows.every((row) => row.count === 2)).toBe(true);
  });

  it('and commands can be switched off', () => {
    const { stats, commands, record } = counted();
    stats.digestsEnabled = false;
    record(source('0xC', 'INSERT'), 700);
    expect([stats.pending, commands.get('INSERT').count]).toEqual([0, 1]);
    stats.digestsEnabled = true;
    stats.commandsEnabled = false;
    record(source('0xD', 'INSERT'), 700);
    expect([stats.pending, commands.get('INSERT').count]).toEqual([1, 1]);
    expect(commands.get('no such command')).toBe(commands.get('UNKNOWN'));
    expect(Object.keys(commands.snapshot())).toEqual(['INSERT']);
  });
});

describe('errors of a worker', () => {
  it('count by place, user, schema and number, with the newest text', () => {
    const errors = new ErrorStats();
    const { scope } = counted();
    const place = { hostgroup: 1, hostname: 'db', port: 3306 };
    errors.record(place, scope, '10.0.0.1', 1146, 'first', 10);
    errors.record(place, scope, '10.0.0.2', 1146, 'second', 20);
    errors.record(NO_PLACE, scope, '', 9001, 'x'.repeat(2_000), 30);
    const rows = errors.drain();
    expect(rows).toMatchObject([
      { hostname: 'db', errno: 1146, count: 2, firstSeen: 10, lastSeen: 20, lastError: 'second', clientAddress: '10.0.0.2' },
      { hostgroup: -1, hostname: '', errno: 9001, count: 1 },
    ]);
    expect(rows[1]!.lastError).toHaveLength(512);
    expect(errors.drain()).toEqual([]);
  });
});

describe('the sums of all workers', () => {
  const delta = (digest: string, lastSeen: number, count = 1): DigestDelta => ({
    ...{ hostgroup: 1, schemaname: 's', username: 'u', clientAddress: '', digest, digestText: digest, count },
    ...{ firstSeen: lastSeen - 1, lastSeen, sumUs: 10 * count, minUs: lastSeen, maxUs: lastSeen, rowsAffected: 0, rowsSent: count },
  });

  it('add what workers hand over, and a reset empties them', () => {
    const ledger = new DigestLedger(() => 100);
    ledger.merge([delta('0xA', 10), delta('0xB', 11)]);
    ledger.merge([delta('0xA', 20, 4)]);
    const [first] = ledger.rows(true);
    expect(first).toMatchObject({ digest: '0xA', count: 5, sumUs: 50, minUs: 10, maxUs: 20, firstSeen: 9, lastSeen: 20, rowsSent: 5 });
    expect(ledger.rows()).toEqual([]);
  });

  it('keep at most so many rows: those seen longest ago go, and are counted', () => {
    const ledger = new DigestLedger(() => 10);
    ledger.merge(Array.from({ length: 50 }, (_, index) => delta(`0x${index}`, 100 + index)));
    const kept = ledger.rows();
    expect(kept.map((row) => row.lastSeen).sort()).toEqual(Array.from({ length: 10 }, (_, index) => 140 + index));
    expect(ledger.forgotten).toBe(40);
  });

  it('of errors have the client address that was last', () => {
    const ledger = new ErrorLedger();
    const error: ErrorDelta = {
      ...{ hostgroup: 1, hostname: 'db', port: 1, username: 'u', clientAddress: 'new', schemaname: 's', errno: 1062, count: 1 },
      ...{ firstSeen: 20, lastSeen: 20, lastError: 'newer' },
    };
    ledger.merge([error]);
    ledger.merge([{ ...error, clientAddress: 'old', firstSeen: 5, lastSeen: 6, lastError: 'older', count: 3 }]);
    expect(ledger.rows()).toEqual([{ ...error, count: 4, firstSeen: 5 }]);
  });
});
