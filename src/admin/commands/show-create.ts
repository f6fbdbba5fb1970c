import { schemaNamed, tableNamed } from '../catalog.js';
import { type AdminCommand, everybody, literalOf } from '../command.js';
import { rows } from '../reply.js';

const NAME = String.raw`(?:([\w"\x60]+)\s*\.\s*)?([\w"\x60]+)`;

/** SHOW CREATE TABLE [db.]t */
export const showCreateTable: AdminCommand = {
  pattern: new RegExp(`^SHOW\\s+CREATE\\s+(?:TABLE|VIEW)\\s+${NAME}$`, 'i'),
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema, table], context, session) {
    const database = context.databaseOf(session.role);
    const found = tableNamed(database, literalOf(table!), schema === undefined ? null : literalOf(schema));
    return rows(['table', 'Create Table'], [[found.name, found.sql]]);
  },
};

/** SHOW CREATE DATABASE x, for tools. */
export const showCreateDatabase: AdminCommand = {
  pattern: /^SHOW\s+CREATE\s+(?:DATABASE|SCHEMA)\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w"`]+)$/i,
  matches: 'text',
  roles: everybody,
  changes: false,
  run([, schema], context, session) {
    const name = schemaNamed(context.databaseOf(session.role), literalOf(schema!));
    return rows(['Database', 'Create Database'], [[name, `CREATE DATABASE ${name}`]]);
  },
};
