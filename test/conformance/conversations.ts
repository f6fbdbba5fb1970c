import { Command, MAX_PACKET } from '../../src/protocol/constants.js';
import { executePacket, statementPacket } from '../support/execute-packets.js';
import type { Flavour } from '../support/servers/flavour.js';
import { bare, comQuery, frame } from '../support/wire-client.js';

/** What a client sends in one go once it is logged in, without waiting for any reply. */
export interface Conversation {
  readonly about: string;
  readonly bytes: Buffer;
}

const query = (sql: string): Buffer => frame(comQuery(sql));
const command = (number: number, text = ''): Buffer => frame(bare(number, text));
const prepare = (sql: string): Buffer => command(Command.stmtPrepare, sql);
const execute = (id: number, ...values: (number | string | null)[]): Buffer => frame(executePacket(id, values));

/** A file as the client sends it for LOAD DATA LOCAL INFILE: pieces, those of 16 MiB - 1 continued, then the empty packet that ends it. */
export function filePackets(content: Buffer, pieceBytes = MAX_PACKET): Buffer {
  const parts: Buffer[] = [];
  let sequence = 2;
  let isContinued = false;
  for (let at = 0; at < content.length || isContinued; at += pieceBytes) {
    const bytes = content.subarray(at, at + pieceBytes);
    parts.push(piece(bytes, sequence++));
    isContinued = bytes.length === MAX_PACKET;
  }
  parts.push(piece(Buffer.alloc(0), sequence));
  return Buffer.concat(parts);
}

function piece(content: Buffer, sequence: number): Buffer {
  const header = Buffer.alloc(4);
  header.writeUIntLE(content.length, 0, 3);
  header[3] = sequence & 0xff;
  return Buffer.concat([header, content]);
}

const LOAD = "LOAD DATA LOCAL INFILE 'any' INTO TABLE piped (a)";

/** MariaDB calls the statement prepared last -1, which pipelining needs there; MySQL numbers those of a connection from 1. */
const PREPARED = { mariadb: [0xffffffff, 0xffffffff], mysql: [1, 2] } as const;

/** Table `piped (id, a)` is there, empty. */
export function conversations(flavour: Flavour): readonly Conversation[] {
  const [first, second] = PREPARED[flavour];
  return [
    {
      about: 'text, with errors in the middle',
      bytes: Buffer.concat(
        [
          'SELECT 1',
          'SELEC',
          'INSERT INTO piped (a) VALUES (1), (2)',
          'SELECT LAST_INSERT_ID(), a FROM piped',
          'SELECT * FROM missing',
          'SELECT 2',
        ].map(query),
      ),
    },
    {
      about: 'over the bounds of transactions',
      bytes: Buffer.concat(
        [
          'SELECT COUNT(*) FROM piped',
          'BEGIN',
          'INSERT INTO piped (a) VALUES (7)',
          'INSERT INTO piped (id, a) VALUES (1, 7)',
          'SELECT a FROM piped',
          'ROLLBACK',
          'SELECT COUNT(*) FROM piped',
          'START TRANSACTION READ ONLY',
          'SELECT COUNT(*) FROM piped',
          'COMMIT AND CHAIN',
          'INSERT INTO piped (a) VALUES (8)',
          'ROLLBACK',
          'SET autocommit = 0',
          'INSERT INTO piped (a) VALUES (9)',
          'COMMIT',
          'SELECT a FROM piped',
        ].map(query),
      ),
    },
    {
      about: 'state and what reads it',
      bytes: Buffer.concat([
        query("SET sql_mode = 'ANSI_QUOTES', time_zone = '+05:00'"),
        query('SELECT @@sql_mode, "a" FROM piped'),
        query('USE sbtest'),
        command(Command.ping),
        query('SELECT DATABASE(), @@time_zone'),
        command(Command.initDb, 'app'),
        command(Command.initDb, 'missing'),
        query('SELECT DATABASE()'),
        query('SET @v = 5'),
        query('SELECT @v'),
        command(Command.resetConnection),
        query('SELECT @v, @@time_zone = @@global.time_zone, DATABASE()'),
      ]),
    },
    {
      about: 'prepared statements, executed before their PREPARE is answered',
      bytes: Buffer.concat([
        prepare('INSERT INTO piped (a) VALUES (?)'),
        execute(first, 4),
        execute(first, 'no number'),
        execute(first, 5),
        prepare('SELECT a FROM piped WHERE a > ? FOR UPDATE'),
        execute(second, 0),
        query('SELECT COUNT(*) FROM piped'),
        frame(statementPacket(Command.stmtClose, second)),
        execute(second, 6),
        prepare('SELECT * FROM missing'),
        execute(second, 4),
        query('SELECT 1'),
      ]),
    },
    {
      about: 'a file in the middle',
      bytes: Buffer.concat([
        query('SELECT 1'),
        query(LOAD),
        filePackets(Buffer.from('1\n2\n3\n'), 3),
        query('SELECT a FROM piped'),
        query(LOAD),
        filePackets(Buffer.alloc(0)),
        query('SELECT COUNT(*) FROM piped'),
      ]),
    },
    {
      about: 'several results and other commands',
      bytes: Buffer.concat([
        command(Command.setOption, '\0\0'),
        query('SELECT 1; SELECT a FROM piped; DO 1; SELECT * FROM missing; SELECT 2'),
        query('SELECT 3'),
        command(Command.setOption, '\x01\0'),
        query('SELECT 1; SELECT 2'),
        query('SELECT 3'),
      ]),
    },
    {
      about: 'more statements than weir reads ahead, of which one in ten writes',
      bytes: Buffer.concat(
        Array.from({ length: 120 }, (_, index) =>
          query(
            index % 10 === 0
              ? `INSERT INTO piped (a) VALUES (${index})`
              : `SELECT ${index}, '${'x'.repeat(index * 60)}', COUNT(*) FROM piped`,
          ),
        ),
      ),
    },
    {
      about: 'a statement that takes a while',
      bytes: Buffer.concat([query('SELECT SLEEP(0.2)'), query('INSERT INTO piped (a) VALUES (1)'), query('SELECT 1')]),
    },
  ];
}
