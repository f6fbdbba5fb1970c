import { createHash } from 'node:crypto';
import { parseKey, type SessionState } from '../backend/connection-state.js';
import type { StatementIdentity } from '../backend/server-statements.js';

/** Texts with more different lists of parameter types than this, or with longer ones in all, are shared no further. */
const MAX_TYPE_LISTS = 100;
const MAX_LIST_CHARACTERS = 500_000;

/**
 * A text, the session state that it was prepared under, and the parameter types that a server has fixed for it. Client statements of
 * the same form share one statement on each server connection.
 *
 * Types are a part of it because of MySQL: since 8.0.22 a statement keeps those of its first executions, and later ones are
 * converted to them (MySQL manual, "PREPARE Statement"). What another client bound there would show.
 */
export class StatementForm implements StatementIdentity {
  private typed: Map<string, StatementForm> | null = null;
  private listCharacters = 0;

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
    this.listCharacters += list.length;
    if (this.typed.size >= MAX_TYPE_LISTS || this.listCharacters > MAX_LIST_CHARACTERS) return this.alone();
    const form = new StatementForm(this.key, this.text, false);
    this.typed.set(list, form);
    return form;
  }

  /** The same text, for one client statement only. */
  alone(): StatementForm {
    return new StatementForm(this.key, this.text, true);
  }
}

/** A text longer than this is prepared by each session for itself. */
const MAX_SHARED_BYTES = 262_144;

/** Makes and shares forms. When too many or too long ones have been seen the table starts again; a text is then prepared twice. */
export class StatementForms {
  private forms = new Map<string, StatementForm>();
  private bytes = 0;

  constructor(
    private readonly maxForms: number = 10_000,
    private readonly maxBytes: number = 16_777_216,
  ) {}

  /** @param text kept; the caller does not change it */
  get(state: SessionState, text: Buffer): StatementForm {
    if (text.length > MAX_SHARED_BYTES) {
      const hash = createHash('sha256').update(text).digest('base64');
      return new StatementForm(`${parseKey(state)}\0${hash}`, text, false);
    }
    const key = `${parseKey(state)}\0${text.toString('latin1')}`;
    const known = this.forms.get(key);
    if (known !== undefined) return known;
    const form = new StatementForm(key, text, false);
    this.add(form);
    return form;
  }

  private add(form: StatementForm): void {
    this.bytes += form.text.length;
    if (this.forms.size >= this.maxForms || this.bytes > this.maxBytes) {
      this.forms = new Map();
      this.bytes = form.text.length;
    }
    this.forms.set(form.key, form);
  }
}
