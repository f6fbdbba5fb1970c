import { describe, expect, it } from 'vitest';
import { type CheckOutcome, outcomeOf } from '../../../src/monitor/check-result.js';
import { decideIdentity, UNKNOWN_IDENTITY } from '../../../src/monitor/identity.js';
import {
  afterConnectFailure,
  afterPing,
  afterReadOnly,
  afterTime,
  changesRole,
  confirmed,
  isConnectFailure,
  NOTHING_OBSERVED,
  type ServerObservation,
} from '../../../src/monitor/observation.js';
import type { MonitorSettings } from '../../../src/monitor/settings.js';

const ok = { kind: 'ok', value: null } as const;
const failed = { kind: 'failed', message: 'refused' } as const;
const late = { kind: 'timeout', message: 'no answer' } as const;
const settings = { shunOnFailures: 5, shunRecoveryMs: 10_000 } as MonitorSettings;
const up: ServerObservation = { ...NOTHING_OBSERVED, health: 'up', readOnly: false };
const fault = { phase: 'connect', errno: 0, message: 'ECONNREFUSED' } as const;

describe('pings', () => {
  it('shun after the configured failures in a row, and one success brings back', () => {
    const one = afterPing(up, failed, 3);
    const two = afterPing(one, late, 3);
    expect([one.health, two.health]).toEqual(['up', 'up']);
    const three = afterPing(two, failed, 3);
    expect(three).toMatchObject({ health: 'down', healthReason: 'ping failed 3 times: refused' });
    expect(afterPing(three, failed, 3).healthReason).toBe('ping failed 3 times: refused');
    expect(afterPing(three, ok, 3)).toMatchObject({ health: 'up', healthReason: '', pingFailures: 0 });
    expect(afterPing(afterPing(one, ok, 3), failed, 3).pingFailures).toBe(1);
  });

  it('leave out a server that was never reached at the first failure', () => {
    expect(afterPing(NOTHING_OBSERVED, failed, 3)).toMatchObject({ health: 'down', healthReason: 'ping failed once: refused' });
  });

  it('a server that refuses the account is alive', () => {
    const refused = afterPing(NOTHING_OBSERVED, { kind: 'refused', cause: 'account', errno: 1045, message: 'Access denied' }, 3);
    expect(refused).toMatchObject({ health: 'up', refusal: 'Access denied' });
    expect(afterPing(refused, ok, 3).refusal).toBe('');
  });
});

describe('read_only', () => {
  it('is off, on, and on after too many timeouts in a row', () => {
    let seen = afterReadOnly(NOTHING_OBSERVED, { kind: 'ok', value: false }, 3);
    expect(seen.readOnly).toBe(false);
    seen = afterReadOnly(afterReadOnly(seen, late, 3), late, 3);
    expect(seen.readOnly).toBe(false);
    expect(afterReadOnly(seen, failed, 3).readOnlyTimeouts).toBe(0);
    seen = afterReadOnly(seen, late, 3);
    expect(seen).toMatchObject({ readOnly: true, isReadOnlyAssumed: true });
    expect(afterReadOnly(seen, { kind: 'ok', value: true }, 3)).toMatchObject({ readOnly: true, isReadOnlyAssumed: false });
    expect(afterReadOnly(seen, { kind: 'ok', value: false }, 3)).toMatchObject({ readOnly: false, isReadOnlyAssumed: false });
  });

  it('changes by two answers in a row, the first answer of all excepted', async () => {
    const off = { kind: 'ok', value: false } as const;
    const on = { kind: 'ok', value: true } as const;
    const told = async (before: ServerObservation, ...answers: CheckOutcome<boolean>[]) => {
      const outcome = await confirmed(
        () => Promise.resolve(answers.shift()!),
        (found) => changesRole(before, found),
      );
      return [outcome, answers.length];
    };
    expect(await told(up, on, on)).toEqual([on, 0]);
    expect(await told(up, on, off)).toEqual([off, 0]);
    expect(await told(up, on, failed)).toEqual([failed, 0]);
    expect(await told({ ...up, readOnly: true }, off, off)).toEqual([off, 0]);
    expect(await told(up, off, on)).toEqual([off, 1]);
    expect(await told(up, late, on)).toEqual([late, 1]);
    expect(await told(NOTHING_OBSERVED, off, on)).toEqual([off, 1]);
  });

  it('stays unknown when it was never answered', () => {
    let seen = NOTHING_OBSERVED;
    for (let i = 0; i < 5; i++) seen = afterReadOnly(seen, late, 3);
    expect(seen.readOnly).toBeNull();
  });
});

describe('faults of workers', () => {
  it('shun at the fifth within a second, not when they are spread', () => {
    let seen = up;
    for (let i = 0; i < 20; i++) seen = afterConnectFailure(seen, fault, i * 300, settings);
    expect(seen.shun).toBeNull();
    for (let i = 0; i < 5; i++) seen = afterConnectFailure(seen, fault, 100_000 + i * 10, settings);
    expect(seen.shun).toEqual({ untilMs: 110_040, reason: '5 connection errors within 1 s: ECONNREFUSED', pingsSince: 0 });
    expect(afterTime(seen, 110_039)).toBe(seen);
    expect(afterTime(seen, 110_040).shun).toBeNull();
  });

  it('two good pings end the shunning early, a failed one in between does not count', () => {
    let seen: ServerObservation = { ...up, shun: { untilMs: 1e9, reason: 'x', pingsSince: 0 } };
    seen = afterPing(afterPing(seen, ok, 3), failed, 3);
    seen = afterPing(seen, ok, 3);
    expect(seen.shun).not.toBeNull();
    expect(afterPing(seen, ok, 3).shun).toBeNull();
  });

  it('never shun with mysql-shun_on_failures=0, nor for refused accounts and lost connections', () => {
    let seen = up;
    for (let i = 0; i < 9; i++) seen = afterConnectFailure(seen, fault, i, { ...settings, shunOnFailures: 0 });
    expect(seen.shun).toBeNull();
    expect(isConnectFailure({ phase: 'authentication', errno: 1045, message: '' })).toBe(false);
    expect(isConnectFailure({ phase: 'handshake', errno: 1040, message: '' })).toBe(false);
    expect(isConnectFailure({ phase: 'query', errno: 0, message: '' })).toBe(false);
    expect(isConnectFailure(fault)).toBe(true);
  });
});

describe('outcomes', () => {
  it('sort errors of mysql2', () => {
    expect(outcomeOf({ message: 'denied', errno: 1045 })).toEqual({ kind: 'refused', cause: 'account', errno: 1045, message: 'denied' });
    expect(outcomeOf({ message: 'connect ECONNREFUSED', errno: -111, code: 'ECONNREFUSED' }).kind).toBe('failed');
    expect(outcomeOf({ message: 'no plugin', code: 'AUTH_SWITCH_PLUGIN_ERROR' }).kind).toBe('refused');
  });
});

describe('identity', () => {
  const face = (version: string, capabilities: number) => ({ ...UNKNOWN_IDENTITY, version, capabilities });
  const base = { servers: [], pairs: [], placements: [], greetings: new Map(), last: null };

  it('is the default, then the last known one', () => {
    expect(decideIdentity(base)).toBe(UNKNOWN_IDENTITY);
    const last = face('8.4.3', 1);
    expect(decideIdentity({ ...base, last })).toBe(last);
  });

  it("has the primary's version and what all servers can do", () => {
    const row = (hostgroup: number, key: string) => ({ hostgroup, key, status: 'ONLINE' }) as never;
    const greetings = new Map([
      ['b', face('8.0.40', 0xffff_ffff)],
      ['a', face('8.4.3', 0x8000_0011)],
    ]) as never;
    const pairs = [{ writer: 10, reader: 20 }] as never;
    const servers = [row(20, 'b'), row(10, 'a')];
    expect(decideIdentity({ ...base, pairs, servers, placements: servers, greetings })).toMatchObject({
      version: '8.4.3',
      capabilities: 0x8000_0011,
    });
  });

  it('is not sure of its flavour where servers of both are known', () => {
    const row = (hostgroup: number, key: string) => ({ hostgroup, key, status: 'ONLINE' }) as never;
    const greetings = new Map([
      ['a', face('8.4.3', 1)],
      ['b', { ...face('10.11.2-MariaDB', 1), flavour: 'mariadb' }],
    ]) as never;
    const of = (...servers: never[]) => decideIdentity({ ...base, servers, placements: servers, greetings });
    expect(of(row(1, 'a'), row(2, 'b'))).toMatchObject({ flavour: 'mysql', flavourIsUnsure: true });
    expect(of(row(1, 'b'))).toEqual({ ...face('10.11.2-MariaDB', 1), flavour: 'mariadb', majors: [10, 10] });
  });

  it('knows the oldest and the newest version', () => {
    const row = (hostgroup: number, key: string) => ({ hostgroup, key, status: 'ONLINE' }) as never;
    const greetings = new Map([
      ['a', face('5.5.5-10.11.2-MariaDB-log', 1)],
      ['b', face('12.1.2-MariaDB', 1)],
      ['c', face('custom', 1)],
    ]) as never;
    const of = (...servers: never[]) => decideIdentity({ ...base, servers, placements: servers, greetings }).majors;
    expect(of(row(1, 'b'), row(2, 'a'))).toEqual([10, 12]);
    expect(of(row(1, 'b'))).toEqual([12, 12]);
    expect(of(row(1, 'b'), row(1, 'c'))).toBe(undefined);
  });
});
