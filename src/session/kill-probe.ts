import { PACKET_HEADER_BYTES } from '../protocol/constants.js';
import { readErr, type ServerError } from '../protocol/packets/err.js';
import type { KillTarget } from '../sql/kill-text.js';

type Expression = Extract<KillTarget, { readonly kind: 'expression' }>;

/** ER_PARSE_ERROR, ER_NO_SUCH_THREAD. */
const SYNTAX_ERROR = 1064;
const UNKNOWN_THREAD = 1094;
/** Servers show so many characters of what they could not read. */
const SHOWN_CHARACTERS = 80;

/**
 * A KILL of any expression: a server alone knows its value, and what is wrong with it. It gets the KILL with the value's bits turned, so that
 * nobody has that number: the answer is the error that names it, or the one that the client is due. MySQL looks at 32 bits of a number, MariaDB at 64.
 */
export class KillProbe {
  private readonly turned: bigint;
  private readonly before: string;
  private readonly behind: string;

  constructor(
    private readonly text: Buffer,
    private readonly expression: Expression,
    private readonly isMariadb: boolean,
  ) {
    this.turned = isMariadb ? 0x2d5c_91b6_0000_0000n : 0xb6d9_0000n;
    // MariaDB takes the operands of ^ for decimals where they are no integers, and warns of them as such.
    this.before = isMariadb ? 'KILL QUERY CAST((' : 'KILL QUERY (';
    this.behind = `${isMariadb ? ') AS SIGNED)' : ')'} ^ ${this.turned}`;
  }

  /** What the server gets. */
  get statement(): Buffer {
    const { start, end, isBalanced } = this.expression;
    // Put into parentheses, it could become right.
    if (!isBalanced) return this.text;
    return Buffer.concat([Buffer.from(this.before), this.text.subarray(start, end), Buffer.from(this.behind)]);
  }

  /** The number in an error of the server, where that is the one that was asked for; null: the expression is refused. */
  targetIn({ errno, message }: ServerError): bigint | null {
    const digits = errno === UNKNOWN_THREAD ? /(\d+)\D*$/.exec(message) : null;
    if (digits === null) return null;
    const number = BigInt(digits[1]!);
    // NULL stays NULL, and counts as 0.
    return number === 0n ? 0n : BigInt.asUintN(this.isMariadb ? 64 : 32, number ^ this.turned);
  }

  /** An ERR packet as the server would have sent it for the client's own text. */
  asForClient(packet: Buffer): Buffer {
    const { errno } = readErr(packet, PACKET_HEADER_BYTES, packet.length);
    if (errno !== SYNTAX_ERROR || !this.expression.isBalanced) return packet;
    const payload = packet.toString('latin1', PACKET_HEADER_BYTES);
    const near = /^(.*near ')(.*)(' at line \d+)$/s.exec(payload);
    if (near === null) return packet;
    const told = Buffer.from(`${near[1]}${this.asWritten(near[2]!)}${near[3]}`, 'latin1');
    const head = Buffer.from(packet.subarray(0, PACKET_HEADER_BYTES));
    head.writeUIntLE(told.length, 0, 3);
    return Buffer.concat([head, told]);
  }

  /** The rest of the probe from where it could not be read: the rest of the client's text. */
  private asWritten(rest: string): string {
    const { behind } = this;
    for (let length = behind.length; length > 0; length--) {
      if (!rest.endsWith(behind.slice(0, length)) || (length < behind.length && rest.length < SHOWN_CHARACTERS)) continue;
      const following = this.text.toString('latin1', this.expression.end).replace(/[;\s]*$/, '');
      return `${rest.slice(0, -length)}${following}`.slice(0, SHOWN_CHARACTERS);
    }
    return rest;
  }
}
