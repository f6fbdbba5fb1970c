import net from 'node:net';
import { PACKET_HEADER_BYTES } from '../../src/protocol/constants.js';
import { frame } from './wire-client.js';

/** What happens to the next command that `matches`; once. */
export type PacketFault = { readonly matches: (command: Buffer) => boolean } & (
  | {
      /** The command does not reach the server: this error is its answer, behind which the connection is closed if `closes`. */
      readonly kind: 'answer';
      readonly errno: number;
      readonly message: string;
      /** 1: of an answer; 0: of a server that had not read the command. */
      readonly sequence: number;
      readonly closes: boolean;
    }
  /** The command reaches the server; the connection is closed once so many packets of the reply have passed. */
  | { readonly kind: 'cut-reply'; readonly afterPackets: number }
  /** The connection is closed; the command reaches nobody. A packet of a file counts as a command. */
  | { readonly kind: 'lose-command' }
  /** The command arrives so much later. */
  | { readonly kind: 'delay-command'; readonly ms: number }
);

/** A relay in front of a server that knows packets. Both sides must speak without TLS and compression. */
export interface PacketRelay {
  readonly port: number;
  /** Commands that came from weir, whether or not they were passed on. */
  commandsLike(text: string): number;
  /** The fault befalls the next command that it matches; it takes the place of one that has befallen nobody. */
  next(fault: PacketFault): void;
  stop(): Promise<void>;
}

/** Matches COM_QUERY and whatever else carries a text. */
export const carrying = (text: string) => (command: Buffer) => command.includes(text);

/** `greeting` may change the payload of the servers' first packet. */
export async function startPacketRelay(
  target: { readonly host: string; readonly port: number },
  greeting: (payload: Buffer) => void = () => {},
): Promise<PacketRelay> {
  const relay = new Relay(target, greeting);
  await relay.listen();
  return relay;
}

class Relay implements PacketRelay {
  port = 0;
  readonly commands: string[] = [];
  fault: PacketFault | null = null;
  private readonly server: net.Server;
  private readonly open = new Set<net.Socket>();

  constructor(
    target: { readonly host: string; readonly port: number },
    readonly greeting: (payload: Buffer) => void,
  ) {
    this.server = net.createServer({ noDelay: true }, (client) => {
      const server = net.connect({ ...target, noDelay: true });
      for (const [socket, other] of [
        [client, server],
        [server, client],
      ] as const) {
        this.open.add(socket);
        socket.on('error', () => other.destroy());
        socket.on('close', () => {
          this.open.delete(socket);
          other.destroy();
        });
      }
      new Link(this, client, server).start();
    });
  }

  listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(0, '127.0.0.1', () => {
        this.port = (this.server.address() as net.AddressInfo).port;
        resolve();
      });
    });
  }

  commandsLike(text: string): number {
    return this.commands.filter((command) => command.includes(text)).length;
  }

  next(fault: PacketFault): void {
    this.fault = fault;
  }

  async stop(): Promise<void> {
    this.server.close();
    for (const socket of this.open) socket.destroy();
  }
}

/** One connection. Its first packets are a login: what they contain matches no fault of a test. */
class Link {
  private hasGreeted = false;
  private replyPacketsLeft = Number.POSITIVE_INFINITY;

  constructor(
    private readonly relay: Relay,
    private readonly client: net.Socket,
    private readonly server: net.Socket,
  ) {}

  start(): void {
    eachPacket(this.client, (packet) => this.onCommand(packet));
    eachPacket(this.server, (packet) => this.onReply(packet));
  }

  private onCommand(packet: Buffer): void {
    const payload = packet.subarray(PACKET_HEADER_BYTES);
    this.relay.commands.push(payload.toString('latin1'));
    const { fault } = this.relay;
    if (fault === null || !fault.matches(payload)) {
      this.server.write(packet);
      return;
    }
    this.relay.fault = null;
    switch (fault.kind) {
      case 'answer':
        this.client.write(errorPacket(fault));
        if (fault.closes) this.client.end();
        return;
      case 'cut-reply':
        this.replyPacketsLeft = fault.afterPackets;
        this.server.write(packet);
        return;
      case 'lose-command':
        this.client.destroy();
        return;
      case 'delay-command':
        setTimeout(() => this.server.write(packet), fault.ms);
        return;
      default:
        fault satisfies never;
    }
  }

  private onReply(packet: Buffer): void {
    if (!this.hasGreeted) this.relay.greeting(packet.subarray(PACKET_HEADER_BYTES));
    this.hasGreeted = true;
    if (this.replyPacketsLeft === 0) {
      this.client.end();
      this.server.destroy();
      return;
    }
    this.replyPacketsLeft -= 1;
    this.client.write(packet);
  }
}

function errorPacket({ errno, message, sequence }: Extract<PacketFault, { kind: 'answer' }>): Buffer {
  const number = Buffer.alloc(2);
  number.writeUInt16LE(errno);
  return frame(Buffer.concat([Buffer.from([0xff]), number, Buffer.from(`#HY000${message}`)]), sequence);
}

/** Calls back with each whole packet, its header included. */
function eachPacket(socket: net.Socket, onPacket: (packet: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= PACKET_HEADER_BYTES) {
      const end = PACKET_HEADER_BYTES + rest.readUIntLE(0, 3);
      if (rest.length < end) return;
      const packet = Buffer.from(rest.subarray(0, end));
      rest = rest.subarray(end);
      onPacket(packet);
    }
  });
}
