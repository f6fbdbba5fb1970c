import type { Database, Statement } from 'better-sqlite3';

/** What this SQLite says of a name in double quotes that is no column. */
const NO_SUCH_COLUMN = /^no such column: "([\s\S]*)" - should this be a string literal in single-quotes\?$/;
/** Strings, names and comments, each whole. */
const TOKENS = /'[^']*(?:''[^']*)*'|"[^"]*(?:""[^"]*)*"|`[^`]*(?:``[^`]*)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Prepares a statement in which "x" is a column where there is one, else a string: scripts written for ProxySQL, whose SQLite is
 * built so, quote strings like this.
 * @throws SqliteError
 */
export function prepareLenient<Row>(database: Database, text: string): Statement<[], Row> {
  for (let sql = text; ; ) {
    try {
      return database.prepare<[], Row>(sql);
    } catch (error) {
      const name = NO_SUCH_COLUMN.exec((error as Error).message)?.[1];
      const next = name === undefined ? sql : withString(sql, name);
      if (next === sql) throw error;
      sql = next;
    }
  }
}

/** The statement with each "name" turned into 'name'. */
function withString(sql: string, name: string): string {
  return sql.replace(TOKENS, (token) => {
    const isName = token.startsWith('"') && token.slice(1, -1).replaceAll('""', '"') === name;
    return isName ? `'${name.replaceAll("'", "''")}'` : token;
  });
}
