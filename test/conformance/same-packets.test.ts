import { expect, it } from 'vitest';
import { Capability, Command, ReplyHeader, ServerStatus } from '../../src/protocol/constants.js';
import { sessionStateOf } from '../../src/protocol/packets/ok.js';
import { Bed } from '../support/bed.js';
import { executePacket, statementPacket } from '../support/execute-packets.js';
import { describeEachFlavour } from '../support/servers/describe-each-flavour.js';
import { bare, WireClient, type WirePacket } from '../support/wire-client.js';
import { preparedScript, textScript } from './packet-script.js';

const KINDS = [
  ['neither', 0],
  ['DEPRECATE_EOF', Capability.deprecateEof],
  ['SESSION_TRACK', Capability.sessionTrack],
  ['DEPRECATE_EOF and SESSION_TRACK', Capability.deprecateEof | Capability.sessionTrack],
  ['FOUND_ROWS and IGNORE_SPACE', Capability.foundRows | Capability.ignoreSpace],
] as const;

type Answers = readonly (readonly [statement: string, packets: readonly string[]])[];

describeEachFlavour('the same packets straight and through weir', (flavour) => {
  // Without replicas everything is read where it was written: what differs is weir's doing.
  const bed = new Bed(flavour, { replicas: 0 });

  async function compare(capabilities: number, run: (client: WireClient) => Promise<Answers>): Promise<void> {
    const straight = await withClient(bed.cluster.primary.port, capabilities, run);
    const through = await withClient(bed.weir.port, capabilities, run);
    expect(differences(straight, through)).toEqual([]);
  }

  for (const [name, capabilities] of KINDS) {
    it(`answers text statements with the same bytes to clients with ${name}`, () => compare(capabilities, runText));
    it(`answers prepared statements with the same bytes to clients with ${name}`, () => compare(capabilities, runPrepared));
  }

  it('answers multi-statements with the same bytes', () =>
    compare(Capability.multiStatements, async (client) => {
      const answers: [string, string[]][] = [];
      for (const sql of [
        'SELECT 1; SELECT 2',
        'SELECT 1; SELECT * FROM missing; SELECT 3',
        'DO 1; DO 2;',
        'SELECT 1;;SELECT 2',
        'SET @a = 1; SELECT @a',
      ])
        answers.push([sql, shown(await client.query(sql))]);
      return answers;
    }));

  it('does not take multi-statements from clients that did not ask for them', () =>
    compare(0, async (client) => [['SELECT 1; SELECT 2', shown(await client.query('SELECT 1; SELECT 2'))]]));
});

async function withClient(port: number, capabilities: number, run: (client: WireClient) => Promise<Answers>): Promise<Answers> {
  const client = await WireClient.login(port, { capabilities });
  try {
    return await run(client);
  } finally {
    client.destroy();
  }
}

async function runText(client: WireClient): Promise<Answers> {
  const answers: [string, string[]][] = [];
  for (const sql of textScript) answers.push([sql, shown(await client.query(sql), client.capabilities)]);
  return answers;
}

async function runPrepared(client: WireClient): Promise<Answers> {
  const answers: [string, string[]][] = [];
  for (const { sql, runs } of preparedScript) {
    const prepared = await client.command(bare(Command.stmtPrepare, sql), 'prepare');
    answers.push([`PREPARE ${sql}`, shown(withoutStatementId(prepared))]);
    const [head] = prepared;
    if (head!.payload[0] !== 0) continue;
    const id = head!.payload.readUInt32LE(1);
    for (const values of runs) {
      answers.push([
        `EXECUTE ${sql} ${JSON.stringify(values)}`,
        shown(await client.command(executePacket(id, values)), client.capabilities),
      ]);
    }
    client.send(statementPacket(Command.stmtClose, id));
  }
  return answers;
}

/** Statement ids are each side's own. */
function withoutStatementId(packets: readonly WirePacket[]): WirePacket[] {
  return packets.map((packet, index) => {
    if (index > 0 || packet.payload[0] !== 0) return packet;
    const payload = Buffer.from(packet.payload);
    payload.writeUInt32LE(0, 1);
    return { ...packet, payload };
  });
}

function shown(packets: readonly WirePacket[], capabilities = 0): string[] {
  const isTracked = packets.length === 1 && (capabilities & Capability.sessionTrack) !== 0;
  return packets.map(({ sequence, payload }) => `${sequence} ${isTracked ? withSortedState(payload) : payload.toString('latin1')}`);
}

/** MariaDB reports changed variables in the order of a hash table, which differs from connection to connection. */
function withSortedState(payload: Buffer): string {
  // The head of a PREPARE reply without columns has 12 or 13 bytes.
  const isOk = payload[0] === ReplyHeader.ok && payload.length > 13;
  if (!isOk || payload[1]! > 0xfa || payload[2]! > 0xfa) return payload.toString('latin1');
  if ((payload.readUInt16LE(3) & ServerStatus.sessionStateChanged) === 0) return payload.toString('latin1');
  const entries = sessionStateOf(payload, 0, payload.length).map((entry) => JSON.stringify(entry));
  return `${payload.subarray(0, 7).toString('latin1')} ${payload.length} ${entries.sort().join(' ')}`;
}

function differences(straight: Answers, through: Answers): string[] {
  return straight.flatMap(([statement, packets], index) => {
    const other = through[index]?.[1] ?? [];
    if (packets.join('\n') === other.join('\n')) return [];
    const at = packets.findIndex((packet, place) => packet !== other[place]);
    const place = at < 0 ? packets.length : at;
    return [`${statement}: packet ${place} of ${packets.length}/${other.length}: ${hex(packets[place])} | ${hex(other[place])}`];
  });
}

function hex(packet: string | undefined): string {
  return packet === undefined ? 'none' : JSON.stringify(packet.slice(0, 160));
}
