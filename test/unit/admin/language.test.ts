import { describe, expect, it } from 'vitest';
import { likeTest, literalOf, statementOf } from '../../../src/admin/command.js';

describe('statements as commands see them', () => {
  it('lose comments in front and what ends them', () => {
    expect(statementOf('  /* mysql-connector-j */ -- people\n SHOW TABLES ; ').text).toBe('SHOW TABLES');
    expect(statementOf('/*!40101 SET NAMES utf8 */;').text).toBe('');
    expect(statementOf("SELECT '/* stays */' /* and this */").text).toBe("SELECT '/* stays */' /* and this */");
  });

  it('keep the code of version comments within', () => {
    expect(statementOf('SHOW /*!50002 GLOBAL */ STATUS').upper).toBe('SHOW GLOBAL STATUS');
    expect(statementOf("SELECT '/*!1 no */'").text).toBe("SELECT '/*!1 no */'");
  });

  it('have literals as MySQL writes them', () => {
    expect(literalOf("'it''s'")).toBe("it's");
    expect(literalOf(String.raw`'a\nb\\c\_d'`)).toBe('a\nb\\c\\_d');
    expect(literalOf('"x"')).toBe('x');
    expect(literalOf(' bare ')).toBe('bare');
  });

  it('have LIKE patterns with escapes', () => {
    expect(likeTest('a\\_c')('a_c')).toBe(true);
    expect(likeTest('a\\_c')('abc')).toBe(false);
    expect(likeTest('100\\%')('100%')).toBe(true);
    expect(likeTest('MYSQL-%')('mysql-threads')).toBe(true);
  });
});
