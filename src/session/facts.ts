import type { RouteFacts } from '../route/route.js';

/** Above this many the table starts again; a fact that is asked for once more then gets a new object, which costs one routing. */
const MAX_FACTS = 20_000;

/** Sessions with the same facts share one object: routes are cached by its identity. */
export class FactsInterner {
  private facts = new Map<string, RouteFacts>();

  get(wanted: RouteFacts): RouteFacts {
    const { username, schema, defaultHostgroup, clientAddress, proxyAddress, proxyPort } = wanted;
    const key = `${username}\0${schema}\0${defaultHostgroup}\0${clientAddress}\0${proxyAddress}\0${proxyPort}`;
    const known = this.facts.get(key);
    if (known !== undefined) return known;
    if (this.facts.size >= MAX_FACTS) this.facts = new Map();
    this.facts.set(key, wanted);
    return wanted;
  }
}
