import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { serverKey } from '../../../src/base/ids.js';
import type { Logger } from '../../../src/base/log.js';
import { outcomeOf, problemOf } from '../../../src/monitor/check-result.js';
import { logEvent } from '../../../src/monitor/events/event-line.js';
import { refusalEvents } from '../../../src/monitor/events/refusal-events.js';
import { ExhaustionReport } from '../../../src/monitor/exhaustion-report.js';
import {
  afterConnect,
  afterLag,
  afterPing,
  afterReadOnly,
  NOTHING_OBSERVED,
  type ServerObservation,
} from '../../../src/monitor/observation.js';

const ok = { kind: 'ok', value: null } as const;
const refused = (errno: number) => outcomeOf({ message: `error ${errno}`, errno });
const systemError = (code: string, more: object = {}) => Object.assign(new Error(`connect ${code}`), { code, ...more });

function linesOf(work: (log: Logger) => void): string[] {
  const lines: string[] = [];
  work(pino({ base: null, timestamp: false }, { write: (line: string) => void lines.push(line) }));
  return lines.map((line) => {
    const { server, check, cause, errno, code, msg } = JSON.parse(line) as Record<string, unknown>;
    return [server, check, cause, errno, code, msg].filter((part) => part !== undefined).join(' ');
  });
}

describe('what servers refuse', () => {
  it.each([
    [1045, 'account'],
    [1698, 'account'],
    [1820, 'account'],
    [3118, 'account'],
    [4151, 'account'],
    [1044, 'privilege'],
    [1142, 'privilege'],
    [1227, 'privilege'],
    [1129, 'host'],
    [1130, 'host'],
    [3159, 'tls'],
    [1251, 'plugin'],
    [1040, 'limit'],
    [1226, 'limit'],
    [1193, 'missing'],
    [1146, 'missing'],
  ])('error %i is a matter of the %s', (errno, cause) => {
    expect(refused(errno)).toEqual({ kind: 'refused', cause, errno, message: `error ${errno}` });
    expect(problemOf(refused(errno))).toBe(`error ${errno} [${cause} ${errno}]`);
  });

  it('TLS that is not offered or not agreed upon is refused, a connection that breaks meanwhile has failed', () => {
    expect(problemOf(outcomeOf(systemError('HANDSHAKE_NO_SSL_SUPPORT')))).toBe('use_ssl=1, but the server does not offer TLS [tls]');
    const certificate = Object.assign(new Error('self-signed certificate'), { code: 'HANDSHAKE_SSL_ERROR' });
    expect(problemOf(outcomeOf(certificate))).toBe('TLS: self-signed certificate [tls]');
    expect(outcomeOf(systemError('HANDSHAKE_SSL_ERROR', { syscall: 'read', errno: -104 })).kind).toBe('failed');
    const gone = new Error('Client network socket disconnected before secure TLS connection was established');
    expect(outcomeOf(Object.assign(gone, { code: 'HANDSHAKE_SSL_ERROR' })).kind).toBe('failed');
  });

  it.each([1053, 1152, 1927, 3032])('error %i of a server that ends or turns clients away is a failure', (errno) => {
    expect(refused(errno).kind).toBe('failed');
  });

  it('names the host that is not resolved', () => {
    const error = Object.assign(new Error('getaddrinfo ENOTFOUND db9'), { code: 'ENOTFOUND', syscall: 'getaddrinfo', hostname: 'db9' });
    expect(outcomeOf(error)).toEqual({ kind: 'failed', message: 'host name db9 does not resolve (ENOTFOUND)' });
  });
});

describe('refused checks of a server', () => {
  const up: ServerObservation = { ...NOTHING_OBSERVED, health: 'up', readOnly: false };

  it('are each taken back by themselves alone', () => {
    let seen = afterConnect(up, refused(1045));
    seen = afterLag(seen, refused(1227), 0);
    seen = afterReadOnly(seen, refused(1193), 3);
    expect(Object.keys(seen.refusals).sort()).toEqual(['connect', 'read_only', 'replication_lag']);
    expect(seen).toMatchObject({ health: 'up', readOnly: false, refusal: 'error 1193' });
    seen = afterPing(seen, ok, 3);
    expect(Object.keys(seen.refusals)).toHaveLength(3);
    seen = afterReadOnly(seen, { kind: 'ok', value: false }, 3);
    expect(seen.refusal).toBe('');
    expect(afterConnect(seen, { kind: 'failed', message: 'no answer' }).refusals.connect).toBeDefined();
    expect(Object.keys(afterConnect(seen, ok).refusals)).toEqual(['replication_lag']);
  });

  it('neither end nor prolong the shunning by workers, and change no role', () => {
    const shunned: ServerObservation = { ...up, shun: { untilMs: 1e9, reason: 'x', pingsSince: 1 } };
    let seen = shunned;
    for (let turn = 0; turn < 5; turn++) seen = afterPing(afterReadOnly(seen, refused(1045), 3), refused(1045), 3);
    expect(seen).toMatchObject({ health: 'up', readOnly: false, shun: shunned.shun });
  });

  it('are told once a cause, however many checks meet it', () => {
    const server = serverKey('a', 3306);
    const one = afterPing(up, refused(1045), 3);
    const two = afterReadOnly(one, refused(1045), 3);
    const three = afterLag(two, refused(1227), 0);
    const none = afterLag(afterReadOnly(afterPing(three, ok, 3), { kind: 'ok', value: true }, 3), lagOk, 0);
    const reasons: string[] = [];
    const lines = linesOf((log) => {
      const stories = [up, one, two, two, three, none];
      for (const [index, story] of stories.entries()) {
        const events = refusalEvents(server, (stories[index - 1] ?? up).refusals, story.refusals);
        reasons.push(...events.map(({ reason }) => reason));
        for (const event of events) logEvent(log, event);
      }
    });
    expect(lines).toEqual([
      'a:3306 ping account 1045 server refuses the monitor; its roles stay as they are',
      'a:3306 replication_lag privilege 1227 server refuses the monitor; its roles stay as they are',
      'a:3306 ping account 1045 server accepts the monitor again',
      'a:3306 replication_lag privilege 1227 server accepts the monitor again',
    ]);
    const [account, privilege] = ['ping: error 1045 [account 1045]', 'replication_lag: error 1227 [privilege 1227]'];
    expect(reasons).toEqual([account, privilege, account, privilege]);
  });
});

const lagOk = { kind: 'ok', value: { lag: { kind: 'none' }, sources: [] } } as const;

describe('what weir itself has run out of', () => {
  it.each(['EMFILE', 'ENFILE', 'EADDRNOTAVAIL', 'ENOBUFS', 'ENOMEM'])('%s says nothing about a server', (code) => {
    const outcome = outcomeOf(new Error('no connection', { cause: systemError(code) }));
    expect(outcome).toMatchObject({ kind: 'exhausted', code });
    expect(problemOf(outcome)).toBe(`weir itself has no resources left (${code}): no connection`);
    let seen: ServerObservation = { ...NOTHING_OBSERVED, health: 'up', readOnly: false };
    for (let turn = 0; turn < 9; turn++) seen = afterReadOnly(afterPing(seen, outcome, 3), outcome, 3);
    expect(seen).toEqual({ ...NOTHING_OBSERVED, health: 'up', readOnly: false });
    expect(afterPing(NOTHING_OBSERVED, outcome, 3)).toEqual(NOTHING_OBSERVED);
  });

  it('is told once a minute', () => {
    let nowMs = 5;
    const lines = linesOf((log) => {
      const report = new ExhaustionReport(log, () => nowMs);
      for (; nowMs < 90_000; nowMs += 1_000) report.add('EMFILE');
      report.add('ENFILE');
    });
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['EMFILE', 'EMFILE', 'ENFILE']);
  });
});
