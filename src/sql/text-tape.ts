import { DigestHash } from './digest-hash.js';
import { Scanner } from './scanner.js';
import { TokenTape } from './token-tape.js';
import type { LexModes } from './verdict.js';

/** What the text consists of; null where it has lexical doubts. For texts that a session looks at, which is rare: nothing is cached. */
export function tapeOf(text: Uint8Array, mode: LexModes): TokenTape | null {
  const tape = new TokenTape();
  const scanner = new Scanner(new DigestHash(0, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, tape), 0, 1);
  scanner.scan(text, 0, text.length, mode);
  return scanner.flags === 0 ? tape : null;
}
