import { describe, expect, it } from 'vitest';
import { Answer, answerOf } from '../../../src/session/server-answers.js';

describe('what an error of a server says of the server', () => {
  it.each<readonly [number, string, Answer]>([
    [1290, 'The MySQL server is running with the --read-only option so it cannot execute this statement', Answer.readOnly],
    [1290, 'The MySQL server is running with the --super-read-only option so it cannot execute this statement', Answer.readOnly],
    [1290, 'The MariaDB server is running with the --read-only option so it cannot execute this statement', Answer.readOnly],
    [1290, 'The MySQL server is running with the --secure-file-priv option so it cannot execute this statement', Answer.ordinary],
    [1836, 'Running in read-only mode', Answer.readOnly],
    [1792, 'Cannot execute statement in a READ ONLY transaction', Answer.ordinary],
    [1213, 'Deadlock found when trying to get lock; try restarting transaction', Answer.ordinary],
    [1317, 'Query execution was interrupted', Answer.ordinary],
    [1062, "Duplicate entry '1' for key 'PRIMARY'", Answer.ordinary],
    ...[1040, 1053, 1129, 1158, 1159, 1160, 1161, 1927, 2006, 2013, 3032, 3169, 4031].map((errno) => [errno, '', Answer.leaving] as const),
  ])('%i %s', (errno, message, answer) => {
    expect(answerOf(errno, message, false)).toBe(answer);
  });

  it('a goodbye that was sent before the statement was read leaves the statement unexecuted', () => {
    expect(answerOf(4031, '', true)).toBe(Answer.leavingUnread);
    expect(answerOf(1062, '', true)).toBe(Answer.ordinary);
  });
});
