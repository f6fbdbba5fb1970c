import type { HostgroupId } from '../base/ids.js';
import { hostgroupId } from '../base/ids.js';
import type { ConfigSnapshot, ReplicationPair } from '../config/snapshot.js';
import type { DigestEntry } from '../sql/digest-entry.js';
import type { Hint, Verdict } from '../sql/verdict.js';
import { type CompiledRule, compileRule, mismatch } from './compiled-rule.js';
import { FastRouting } from './fast-routing.js';
import { isProven, mayRead } from './may-read.js';
import type { Route, RouteFacts, RouteReason, RouteStep } from './route.js';

export { RuleError } from './compiled-rule.js';
export type { Route, RouteFacts, RouteReason, RouteStep } from './route.js';

/** Facts objects that one digest remembers routes for. */
const MAX_CACHED_FACTS = 64;

/** What a digest entry keeps for the router that wrote it. */
interface RouteCache {
  readonly router: Router;
  facts: RouteFacts;
  route: Route;
  readonly others: Map<RouteFacts, Route>;
}

/** What the rules say of a statement. */
interface RuleOutcome {
  destination: HostgroupId | null;
  destinationRule: number | null;
  errorMessage: string | null;
  okMessage: string | null;
  multiplex: 0 | 1 | 2 | null;
  readonly matched: number[];
  /** A rule looked at the statement's text, which the digest does not know. */
  looksAtText: boolean;
}

/** @throws RuleError when a rule has an expression that can not be used */
export function compileRouter(snapshot: ConfigSnapshot): Router {
  return new Router(snapshot);
}

/** Decides by rules, hints, split and guard (in this order of precedence: hint, rule, split, default; the guard has the last word). */
export class Router {
  private readonly rules: readonly CompiledRule[];
  private readonly pairOfWriter = new Map<HostgroupId, ReplicationPair>();
  private readonly pairOfReader = new Map<HostgroupId, ReplicationPair>();
  private readonly fastRouting: FastRouting | null;
  private readonly splits: boolean;
  private readonly guards: boolean;
  private readonly followsRoles: boolean;

  constructor(snapshot: ConfigSnapshot) {
    this.rules = [...snapshot.queryRules].sort((a, b) => a.ruleId - b.ruleId).map(compileRule);
    for (const pair of snapshot.replicationHostgroups) {
      this.pairOfWriter.set(pair.writer, pair);
      this.pairOfReader.set(pair.reader, pair);
    }
    this.fastRouting = snapshot.fastRouting.length === 0 ? null : new FastRouting(snapshot.fastRouting);
    this.splits = snapshot.variables.readWriteSplit === 'auto';
    this.guards = snapshot.variables.writerGuard;
    this.followsRoles = snapshot.variables.monitorEnabled;
  }

  /** Writers of this hostgroup come and go with their role: one that refuses writes has lost it, and another will be there. */
  awaitsWriter(hostgroup: number): boolean {
    return this.followsRoles && this.pairOfWriter.has(hostgroup as HostgroupId);
  }

  /** Rules that were compiled. */
  get ruleCount(): number {
    return this.rules.length;
  }

  /**
   * @param hint of the statement itself; it is not part of the digest, so a statement with a hint is not cached
   * @param text the whole statement; only called when a rule has a match_pattern
   */
  route(entry: DigestEntry, facts: RouteFacts, hint: Hint | null, text: () => string): Route {
    const cache = entry.routeCache as RouteCache | null;
    if (hint === null && cache !== null && cache.router === this && cache.facts === facts) return cache.route;
    return this.routeUncached(entry, facts, hint, text);
  }

  /** The same decision with its steps, for people. Not cached. */
  explain(entry: DigestEntry, facts: RouteFacts, hint: Hint | null, text: () => string): { route: Route; steps: readonly RouteStep[] } {
    const steps: RouteStep[] = [];
    const route = this.decide(entry.verdict, facts, hint, this.askRules(entry, facts, text, steps), steps);
    return { route, steps };
  }

  private routeUncached(entry: DigestEntry, facts: RouteFacts, hint: Hint | null, text: () => string): Route {
    const cache = entry.routeCache as RouteCache | null;
    const isOurs = cache !== null && cache.router === this;
    const known = hint === null && isOurs ? cache.others.get(facts) : undefined;
    if (known !== undefined) {
      cache!.facts = facts;
      cache!.route = known;
      return known;
    }
    const outcome = this.askRules(entry, facts, text, null);
    const route = this.decide(entry.verdict, facts, hint, outcome, null);
    if (hint === null && !outcome.looksAtText) this.remember(entry, facts, route);
    return route;
  }

  private remember(entry: DigestEntry, facts: RouteFacts, route: Route): void {
    const cache = entry.routeCache as RouteCache | null;
    if (cache === null || cache.router !== this) {
      entry.routeCache = { router: this, facts, route, others: new Map([[facts, route]]) } satisfies RouteCache;
      return;
    }
    if (cache.others.size >= MAX_CACHED_FACTS) cache.others.clear();
    cache.others.set(facts, route);
    cache.facts = facts;
    cache.route = route;
  }

  private askRules(entry: DigestEntry, facts: RouteFacts, text: () => string, steps: RouteStep[] | null): RuleOutcome {
    const outcome: RuleOutcome = {
      destination: null,
      destinationRule: null,
      errorMessage: null,
      okMessage: null,
      multiplex: null,
      matched: [],
      looksAtText: false,
    };
    const notedText = (): string => {
      outcome.looksAtText = true;
      return text();
    };
    let flag = 0;
    for (const rule of this.rules) {
      const why = mismatch(rule, flag, entry, facts, notedText);
      steps?.push({ what: `rule ${rule.config.ruleId}`, matched: why === null, why: why ?? describe(rule) });
      if (why !== null) continue;
      applyRule(rule, outcome);
      if (rule.config.apply || rule.config.errorMessage !== null || rule.config.okMessage !== null) break;
      flag = rule.config.flagOut ?? flag;
    }
    if (this.fastRouting !== null && outcome.destination === null) {
      outcome.destination = this.fastRouting.find(facts.username, facts.schema, flag);
      const why = outcome.destination === null ? 'no row for this user and schema' : `destination hostgroup ${outcome.destination}`;
      steps?.push({ what: 'fast routing', matched: outcome.destination !== null, why });
    }
    return outcome;
  }

  private decide(verdict: Verdict, facts: RouteFacts, hint: Hint | null, outcome: RuleOutcome, steps: RouteStep[] | null): Route {
    const hinted = hint === null ? null : this.hintedHostgroup(hint, facts);
    let hostgroup: HostgroupId;
    let reason: RouteReason;
    if (hinted !== null) [hostgroup, reason] = [hinted, 'hint'];
    else if (outcome.destination !== null) [hostgroup, reason] = [outcome.destination, 'rule'];
    else [hostgroup, reason] = this.split(mayRead(verdict, facts), facts);
    if (reason !== 'rule') steps?.push({ what: reason, matched: true, why: `hostgroup ${hostgroup}` });
    const pair = this.pairOfReader.get(hostgroup);
    const guarded = pair !== undefined && !isProven(verdict) && this.guards;
    if (guarded)
      steps?.push({
        what: 'guard',
        matched: true,
        why: `${guardReason(verdict)}: hostgroup ${pair.writer} instead of reader ${hostgroup}`,
      });
    return Object.freeze({
      hostgroup: guarded ? pair.writer : hostgroup,
      reason: guarded ? 'guard' : reason,
      ruleId: reason === 'rule' || outcome.errorMessage !== null || outcome.okMessage !== null ? outcome.destinationRule : null,
      errorMessage: outcome.errorMessage,
      okMessage: outcome.okMessage,
      guarded,
      isReader: pair !== undefined && !guarded,
      writerHostgroup: pair?.writer ?? hostgroup,
      multiplex: outcome.multiplex,
      matchedRules: outcome.matched,
    });
  }

  private hintedHostgroup(hint: Hint, facts: RouteFacts): HostgroupId | null {
    if (hint.hostgroup !== undefined) return hostgroupId(hint.hostgroup);
    const pair = this.pairOfWriter.get(facts.defaultHostgroup) ?? this.pairOfReader.get(facts.defaultHostgroup);
    if (pair === undefined || hint.target === undefined) return null;
    return hint.target === 'writer' ? pair.writer : pair.reader;
  }

  private split(reads: boolean, facts: RouteFacts): [HostgroupId, RouteReason] {
    const pair = this.pairOfWriter.get(facts.defaultHostgroup);
    if (pair !== undefined && reads && this.splits) return [pair.reader, 'split'];
    return [facts.defaultHostgroup, 'default'];
  }
}

function applyRule(rule: CompiledRule, outcome: RuleOutcome): void {
  const { config } = rule;
  outcome.matched.push(config.ruleId);
  if (config.destinationHostgroup !== null) {
    outcome.destination = config.destinationHostgroup;
    outcome.destinationRule = config.ruleId;
  }
  if (config.multiplex !== null) outcome.multiplex = config.multiplex;
  if (config.errorMessage !== null) {
    outcome.errorMessage = config.errorMessage;
    outcome.destinationRule = config.ruleId;
  }
  if (config.okMessage !== null) {
    outcome.okMessage = config.okMessage;
    outcome.destinationRule = config.ruleId;
  }
}

function describe(rule: CompiledRule): string {
  const { config } = rule;
  const parts: string[] = [];
  if (config.destinationHostgroup !== null) parts.push(`destination hostgroup ${config.destinationHostgroup}`);
  if (config.errorMessage !== null) parts.push('error_msg');
  if (config.okMessage !== null) parts.push('OK_msg');
  if (config.flagOut !== null) parts.push(`flagOUT ${config.flagOut}`);
  if (config.apply) parts.push('apply');
  return parts.length === 0 ? 'matches' : parts.join(', ');
}

function guardReason(verdict: Verdict): string {
  const first = verdict.reasons[0];
  return first === undefined ? 'not proven to read' : `${first.code} ${first.token}`.trim();
}
