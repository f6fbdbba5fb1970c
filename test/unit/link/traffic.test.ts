import { describe, expect, it } from 'vitest';
import { createLog } from '../../../src/base/log.js';
import type { ConfigSnapshot, HostTable } from '../../../src/config/snapshot.js';
import type { Supervisor } from '../../../src/link/supervisor.js';
import { Traffic, type TrafficListener } from '../../../src/link/traffic.js';

/** A traffic side whose parts write down what is asked of them; `fails` names the step that does. */
function world(fails: { step: string | null } = { step: null }) {
  const story: string[] = [];
  const step = async (name: string): Promise<void> => {
    story.push(name);
    await new Promise((later) => setImmediate(later));
    if (fails.step === name) throw new Error(`${name} failed`);
  };
  const supervisor = {
    start: () => step('workers start'),
    listen: ({ address }: TrafficListener) => step(`accept ${address}`),
    stop: (drainMs: number) => step(`workers stop ${drainMs}`),
  };
  const listener = (address: string): TrafficListener => ({
    address,
    handle: {} as never,
    close: () => void story.push(`close ${address}`),
  });
  const traffic = new Traffic({
    supervisor: supervisor as unknown as Supervisor,
    bind: async () => {
      await step('bind');
      return [listener('a'), listener('b')];
    },
    snapshot: () => ({ variables: { shutdownDrainMs: 700 } }) as ConfigSnapshot,
    hosts: () => ({}) as HostTable,
    log: createLog({ level: 'silent' }).logger,
  });
  return { traffic, story };
}

describe('traffic', () => {
  it('stops from the outside in and starts from the inside out', async () => {
    const { traffic, story } = world();
    await traffic.start();
    expect([traffic.running, traffic.addresses]).toEqual([true, ['a', 'b']]);
    await traffic.stop();
    expect(traffic.running).toBe(false);
    expect(story).toEqual(['bind', 'workers start', 'accept a', 'accept b', 'close a', 'close b', 'workers stop 700']);
  });

  it('does one thing after the other, whoever asks', async () => {
    const { traffic, story } = world();
    await Promise.all([traffic.start(), traffic.stop(), traffic.start()]);
    expect(story.filter((entry) => !entry.startsWith('accept') && !entry.startsWith('close'))).toEqual([
      'bind',
      'workers start',
      'workers stop 700',
      'bind',
      'workers start',
    ]);
    expect(traffic.running).toBe(true);
  });

  it.each(['bind', 'workers start', 'accept b'])('leaves nothing behind when "%s" fails, and may be started again', async (step) => {
    const fails = { step: step as string | null };
    const { traffic, story } = world(fails);
    await expect(traffic.start()).rejects.toThrow(`${step} failed`);
    expect(traffic.running).toBe(false);
    if (step !== 'bind') expect(story.slice(-3)).toEqual(['close a', 'close b', 'workers stop 0']);
    fails.step = null;
    await traffic.start();
    expect(traffic.running).toBe(true);
  });
});
