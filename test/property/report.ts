import type { Shrunk } from './shrink.js';
import { describeHistory, describeStep } from './step.js';

const MOST_CHARACTERS = 400;
const MOST_ROUNDS = 60;

/** What failed, for people: the statements that lead to it and both answers. */
export function reportOf({ history, difference }: Shrunk): string {
  const { step, twin, weir } = difference;
  const at = twin.findIndex((packet, index) => packet !== weir[index]);
  const place = at < 0 ? twin.length : at;
  return [
    `The answers to ${describeStep(step)} differ in packet ${place} (of ${twin.length} and ${weir.length}).`,
    `server: ${quoted(twin[place])}`,
    `weir:   ${quoted(weir[place])}`,
    ...difference.holders.map((holder) => `keeps a connection: ${holder}`),
    history.length > MOST_ROUNDS ? `after ${history.length - MOST_ROUNDS} rounds and:` : 'after:',
    describeHistory(history.slice(-MOST_ROUNDS)),
    ...(history.length > MOST_ROUNDS ? [] : ['as a case:', JSON.stringify(history)]),
  ].join('\n');
}

const quoted = (packet: string | undefined): string =>
  packet === undefined ? 'nothing' : JSON.stringify(packet.slice(0, MOST_CHARACTERS));
