import { parseKey, type SessionState } from '../backend/connection-state.js';
import type { StatementIdentity } from '../backend/server-statements.js';

/** Texts with more different lists of parameter types than this are shared no further. */
const MAX_TYPE_LISTS = 100;

/**
 * A text, the session state that it was prepared under, and the parameter types that a server has fixed for it. Client statements of
 * the same form share one statement on each server connection.
 *
 * Types are a part of it because of MySQL: since 8.0.22 a statement keeps those of its first executions, and later ones are
 * converted to them (MySQL manual, "PREPARE Statement"). What another client bound there would show.
 */
export class StatementForm implements StatementIdentity {
  private typed: Map<string, StatementForm> | null = null;

  constructor(
    readonly key: string,
    readonly text: Buffer,
    /** Of one client statement: nobody shares it. */
    readonly isAlone: boolean,
  ) {}

  /** The same text, executed with these types. */
  withTypes(types: Uint16Array): StatementForm {
    this.typed ??= new Map();
    const list = types.join();
    const known = this.typed.get(list);
    if (known !== undefined) return known;
    if (this.typed.size >= MAX_TYPE_LISTS) return this.alone();
    const form = new StatementForm(this.key, this.text, false);
    this.typed.set(list, form);
    return form;
  }

  /** The same text, for one client statement only. */
  alone(): StatementForm {
    return new StatementForm(this.key, this.text, true);
  }
}

/** Makes and shares forms. When too many have been seen the table starts again; the same text is then prepared twice. */
export class StatementForms {
  private forms = new Map<string, StatementForm>();

  constructor(private readonly maxForms: number = 10_000) {}

  /** @param text kept; the caller does not change it */
  get(state: SessionState, text: Buffer): StatementForm {
    const key = `${parseKey(state)}\0${text.toString('latin1')}`;
    const known = this.forms.get(key);
    if (known !== undefined) return known;
    if (this.forms.size >= this.maxForms) this.forms = new Map();
    const form = new StatementForm(key, text, false);
    this.forms.set(key, form);
    return form;
  }
}
