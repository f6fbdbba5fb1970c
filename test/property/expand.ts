import type { SeededRandom } from '../soak/random.js';
import type { Words } from './grammar/theme.js';
import { schemaOf } from './schemas.js';

/** A text of the grammar with all its words chosen. @throws when it names a word that there is not */
export function expand(text: string, words: Words, session: number, random: SeededRandom): string {
  const chosen = text.replace(/\{(\w+)(?:\.\.(\w+))?\}/g, (_, name: string, most: string | undefined) => {
    if (most !== undefined) return String(random.between(Number(name), Number(most)));
    const alternatives = words[name];
    if (alternatives === undefined) throw new Error(`the grammar has no word ${name} (in ${text})`);
    return expand(random.pick(alternatives), words, session, random);
  });
  return chosen.replaceAll('$S', schemaOf(session)).replaceAll('$N', String(session));
}
