import { Definitions, Effect, type Effects, type VerdictReason } from '../verdict.js';

/** What has been found out about one statement so far. */
export class Findings {
  readOnly = true;
  primaryOnly = false;
  command = 'UNKNOWN';
  effects: Effects = Effect.none;
  /** DiagnosticsUse bits. */
  diagnostics = 0;
  definitions: Definitions = Definitions.none;
  readonly reasons: VerdictReason[] = [];

  add(effects: Effects): this {
    this.effects |= effects;
    return this;
  }

  /** Of several, a change says more than a read. */
  touch(definitions: Definitions): this {
    if (definitions > this.definitions) this.definitions = definitions;
    return this;
  }

  /** Not proven to read, and why. */
  write(code: string, token: string, by: VerdictReason['by'] = 'tokenizer'): this {
    this.readOnly = false;
    return this.reason(code, token, by);
  }

  /** A read that only the primary answers rightly. */
  primary(code: string, token: string): this {
    this.primaryOnly = true;
    return this.reason(code, token, 'tokenizer');
  }

  private reason(code: string, token: string, by: VerdictReason['by']): this {
    if (this.reasons.length < 8) this.reasons.push({ code, token: token.slice(0, 80), by });
    return this;
  }
}
