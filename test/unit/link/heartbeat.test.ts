import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { Heartbeat } from '../../../src/link/heartbeat.js';
import { HeartbeatWatch } from '../../../src/link/heartbeat-watch.js';

const looks = (heartbeat: Heartbeat, times: number): string[] => Array.from({ length: times }, () => heartbeat.look());

describe('Heartbeat', () => {
  it('is late after three looks in vain and lost after ten, each said once', () => {
    const heartbeat = new Heartbeat();
    heartbeat.beat();
    expect(looks(heartbeat, 12)).toEqual([...['fine', 'fine', 'late'], ...Array(6).fill('fine'), 'lost', 'fine', 'fine']);
    expect(heartbeat.isLate).toBe(true);
  });

  it('is fine again with the next beat', () => {
    const heartbeat = new Heartbeat();
    heartbeat.beat();
    looks(heartbeat, 9);
    heartbeat.beat();
    expect(heartbeat.isLate).toBe(false);
    expect(looks(heartbeat, 2)).toEqual(['fine', 'fine']);
  });

  it('gives a process that starts thirty', () => {
    const heartbeat = new Heartbeat();
    expect(looks(heartbeat, 29)).toEqual(Array(29).fill('fine'));
    expect(heartbeat.isLate).toBe(false);
    expect(heartbeat.look()).toBe('lost');
    heartbeat.reset();
    expect(looks(heartbeat, 29)).toEqual(Array(29).fill('fine'));
  });
});

describe('HeartbeatWatch', () => {
  it('kills who is lost and nobody else, and leaves out who is dead already', () => {
    const killed: string[] = [];
    const worker = (name: string, alive: boolean) => {
      const heartbeat = new Heartbeat();
      heartbeat.beat();
      return {
        slot: { worker: 0, pid: 1, alive, kill: (signal: NodeJS.Signals) => void killed.push(`${name} ${signal}`) },
        heartbeat,
      };
    };
    const [frozen, fine, dead] = [worker('frozen', true), worker('fine', true), worker('dead', false)];
    const watch = new HeartbeatWatch([frozen, fine, dead], pino({ level: 'silent' }));
    for (let second = 0; second < 15; second++) {
      fine.heartbeat.beat();
      watch.look();
    }
    expect(killed).toEqual(['frozen SIGKILL']);
  });
});
