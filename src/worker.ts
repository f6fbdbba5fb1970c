import { performance } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { StateInterner } from './backend/connection-state.js';
import { IdentityInterner } from './backend/identity.js';
import { AwakeClock } from './base/awake-clock.js';
import { descriptorLimit, exhaustionOf } from './base/descriptors.js';
import { createLog } from './base/log.js';
import { LogLimit } from './base/log-limit.js';
import { LoopDelay } from './base/loop-delay.js';
import type { ConfigSnapshot, HostTable } from './config/snapshot.js';
import { answerInParts, takeFrom } from './link/details-answer.js';
import { GlobalsClient } from './link/globals-client.js';
import { HEARTBEAT_INTERVAL_MS } from './link/heartbeat.js';
import { QuotaClient } from './link/quota-client.js';
import { WorkerEnd } from './link/worker-end.js';
import { type AcceptingServer, accept } from './net/accept.js';
import { chooseTransportKind, serverSecureContext, Transports } from './net/transports.js';
import { Connector } from './pool/connector.js';
import { Housekeeping } from './pool/housekeeping.js';
import { Pool } from './pool/pool.js';
import { analyzerOptions } from './route/analyzer-options.js';
import { compileRouter } from './route/router.js';
import { ClientLimits } from './session/client-limits.js';
import type { SessionContext } from './session/context.js';
import { FactsInterner } from './session/facts.js';
import { FaultReports } from './session/fault-reports.js';
import { freeConnectionRow, freeConnections } from './session/free-connection-rows.js';
import { GlobalSettings } from './session/global-settings.js';
import { globalsHolders } from './session/globals-holders.js';
import { ServerKills } from './session/kill-on-server.js';
import { Kills } from './session/kills.js';
import { BackendUserRefresh } from './session/login/backend-user-refresh.js';
import { BackendUserTable, NO_BACKEND_USERS } from './session/login/backend-user-table.js';
import { LoginTurns } from './session/login/login-turns.js';
import { Sha2Cache } from './session/login/sha2-cache.js';
import { Phase } from './session/phase.js';
import { preparedRows } from './session/prepared-rows.js';
import { timeoutCheckMs } from './session/query-timeout.js';
import { Reception } from './session/reception.js';
import { SessionRegistry } from './session/registry.js';
import { noteBases, noteServers } from './session/session-bases.js';
import { sessionRow } from './session/session-row.js';
import { sideConnections } from './session/side-connection.js';
import { StatementForms } from './session/statement-form.js';
import { StatementAnalyzer } from './sql/analyzer.js';
import { lexModesOfServers } from './sql/server-modes.js';
import type { DetailName } from './stats/details.js';
import { WorkerStats } from './stats/worker-stats.js';

const SWEEP_INTERVAL_MS = HEARTBEAT_INTERVAL_MS;
const DRAIN_CHECK_MS = 20;
/** Within the second that the control process leaves to a worker after its drain time. */
const LONGEST_KILL_MS = 700;
/** Log lines about what clients do wrong, a second at most. */
const MOST_COMPLAINTS = 20;

const workerNumber = Number(process.argv[2] ?? 0);
const { logger: log } = createLog({ fields: { process: 'worker', worker: workerNumber } });
const nowMs = (): number => performance.now();

/** The data plane of one process: wiring only. */
async function main(): Promise<void> {
  const kind = await chooseTransportKind(process.env.WEIR_TRANSPORT);
  const stats = new WorkerStats(workerNumber, () => snapshot?.variables.queryDigestsMaxEntries ?? 0);
  const registry = new SessionRegistry(workerNumber);
  const states = new StateInterner();
  const initialState = states.get('', null, new Map());
  const listeners: AcceptingServer[] = [];
  let context: SessionContext | null = null;
  let snapshot: ConfigSnapshot | null = null;
  let hosts: HostTable | null = null;
  const loopDelay = new LoopDelay();
  /** Counted by analyzers that were replaced. */
  const retired = { hits: 0, misses: 0 };
  const descriptors = descriptorLimit();
  let transports = new Transports(kind, 0);
  const serverKills = new ServerKills(
    () => transports,
    () => (snapshot as ConfigSnapshot).variables,
    log,
  );
  const faults = new FaultReports((server, errno, message) => {
    if (link.connected) link.send({ type: 'fault', fault: { server, phase: 'query', errno, message } });
  }, nowMs);
  const loginTurns = new LoginTurns(nowMs);
  const reception = new Reception({
    ...{ registry, loginTurns, log, nowMs, counters: stats.counters, descriptors },
    transports: () => transports,
    context: () => context,
  });

  const quota: QuotaClient = new QuotaClient((message) => link.send(message), {
    onGrant: (server) => {
      clientLimits.onGrant(server);
      pool?.onGrant(server);
    },
    closeIdle: (server, connections) => pool?.closeIdle(server, connections),
  });
  const clientLimits = new ClientLimits(quota);
  let backendUsers = NO_BACKEND_USERS;
  let blockedHosts: ReadonlySet<string> = new Set();
  const refresh = new BackendUserRefresh((request, username) => {
    link.send({ type: 'login-failed', request, username });
    return link.connected;
  });
  let pool: Pool | null = null;
  let housekeeping: Housekeeping | null = null;
  const kills = new Kills(workerNumber, registry, (request, order) => {
    link.send({ type: 'kill', request, order });
    return link.connected;
  });

  const globals = new GlobalsClient((message) => {
    link.send(message);
    return link.connected;
  });
  const globalSettings = new GlobalSettings(
    states,
    () => (pool === null ? [] : globalsHolders(registry.all(), pool)),
    () => pool,
    globals,
  );

  /** Everything that needs a first configuration; afterwards only values are replaced. */
  function build(first: ConfigSnapshot, table: HostTable): SessionContext {
    const variables = () => (snapshot as ConfigSnapshot).variables;
    transports = new Transports(kind, first.variables.tcpKeepAliveSec * 1000, descriptors.lastResort);
    const connector = new Connector(
      transports,
      () => ({ ...variables(), globalsAt: (server) => globalSettings.namesAt(server) }),
      initialState,
      (server, phase, errno, message) => link.send({ type: 'fault', fault: { server: server.key, phase, errno, message } }),
      nowMs,
      (login, identity, { key }, asked) => {
        globalSettings.learn(key, asked, login.globalValues);
        if (context !== null) {
          noteBases(context, login, identity);
          context.maxPreparedStatements = login.maxPreparedStatements;
        }
      },
      (code) => reception.onExhausted(code),
    );
    const created = new Pool(connector, quota, stats, variables, nowMs);
    pool = created;
    housekeeping = new Housekeeping(created, variables, (server) => quota.usage(server.key).granted, nowMs);
    return {
      snapshot: first,
      router: compileRouter(first),
      identity: table.identity,
      secureContext: first.tls === null ? null : serverSecureContext(first.tls),
      pool: created,
      analyzer: new StatementAnalyzer(analyzerOptions(first.variables)),
      states,
      initialState,
      identities: new IdentityInterner(),
      facts: new FactsInterner(),
      sha2Cache: new Sha2Cache(),
      backendUsers,
      refreshBackendUsers: (username, onDone) => refresh.request(username, onDone),
      blockedHosts,
      reportLogin: (address, failed) => link.send({ type: 'client-login', address, failed }),
      clientLimits,
      loginTurns,
      complaints: new LogLimit(MOST_COMPLAINTS, SWEEP_INTERVAL_MS, nowMs),
      guardedDigests: new WeakSet(),
      stats,
      log,
      defaultSqlMode: '',
      globals: null,
      basesVersion: 0,
      serverModes: lexModesOfServers(table.identity),
      maxPreparedStatements: Number.POSITIVE_INFINITY,
      forms: new StatementForms(),
      draining: false,
      nowMs,
      kill: (order, onDone) => kills.kill(order, onDone),
      killOnServer: (connection, wanted, onEnded) => serverKills.kill(connection, wanted, onEnded),
      faults,
      globalSettings,
      openSide: sideConnections(() => transports, variables),
    };
  }

  function applyConfig(next: ConfigSnapshot): string | null {
    try {
      const router = compileRouter(next);
      const secureContext = next.tls === null ? null : serverSecureContext(next.tls);
      const { digests } = stats;
      digests.digestsEnabled = next.variables.queryDigests;
      digests.commandsEnabled = next.variables.commandsStats;
      stats.rulesChanged(next.rulesVersion);
      if (context !== null) Object.assign(context, { snapshot: next, router, secureContext, ...newAnalyzer(context, next) });
      snapshot = next;
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Digests that are remembered stay as long as nothing changes that they were made by. */
  function newAnalyzer({ analyzer, snapshot: { variables } }: SessionContext, next: ConfigSnapshot): Partial<SessionContext> {
    const options = analyzerOptions(next.variables);
    if (isDeepStrictEqual(analyzerOptions(variables), options)) return {};
    retired.hits += analyzer.hits;
    retired.misses += analyzer.misses;
    return { analyzer: new StatementAnalyzer(options) };
  }

  /** Rows of one kind, in parts of at most so many. */
  function detailRows(what: DetailName): (limit: number) => readonly unknown[] {
    const now = nowMs();
    switch (what) {
      case 'sessions':
        return takeFrom(registry.all(), (session) => (session.phase === Phase.closed ? null : sessionRow(session, workerNumber, nowMs())));
      case 'free-connections':
        return takeFrom(pool === null ? [] : freeConnections(pool), (each) =>
          each.idleIndex < 0 ? null : freeConnectionRow(each, workerNumber, now),
        );
      case 'prepared-statements':
        return takeFrom(preparedRows(registry, pool), (row) => row);
      case 'memory':
        return takeFrom(usageOfProcess(), (usage) => ({
          ...{ worker: workerNumber, pid: process.pid, sessions: registry.size, loopDelayMaxUs: loopDelay.maxUs },
          ...{ cpuUserUs: usage.user, cpuSystemUs: usage.system, rss: usage.rss, heapTotal: usage.heapTotal, heapUsed: usage.heapUsed },
          ...{ external: usage.external, arrayBuffers: usage.arrayBuffers, digestEntries: context?.analyzer.size ?? 0 },
        }));
      case 'digests': {
        // Those that are counted from now on wait for the next time: this one has an end.
        let left = stats.digests.pending;
        return (limit) => {
          const rows = stats.digests.drain(Math.min(limit, left), Date.now() - now);
          left -= rows.length;
          return rows;
        };
      }
      case 'errors':
        return takeFrom(stats.errorKinds.drain(), (row) => row);
    }
  }

  function applyHosts(table: HostTable): void {
    hosts = table;
    if (context === null && snapshot !== null) context = build(snapshot, table);
    if (context === null) return;
    noteServers(context, table.identity);
    pool?.applyHosts(table);
  }

  async function drain(drainMs: number): Promise<void> {
    for (const listener of listeners) listener.close();
    if (context !== null) context.draining = true;
    const deadline = nowMs() + drainMs;
    for (const session of registry.all()) session.sweep(nowMs());
    while (registry.size > 0 && nowMs() < deadline) await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    for (const session of registry.all()) session.shutDown();
    // What servers execute for those who were told so ends with them.
    const killDeadline = nowMs() + LONGEST_KILL_MS;
    while (serverKills.underWay > 0 && nowMs() < killDeadline) await new Promise((resolve) => setTimeout(resolve, DRAIN_CHECK_MS));
    for (const server of pool?.allServers ?? []) for (const connection of server.idleConnections()) connection.quit();
  }

  function refreshGauges(): void {
    pool?.refreshGauges();
    const { gauges, counters } = stats;
    const sessions = registry.all();
    gauges.activeTransactions = sessions.filter((session) => session.runner?.session.inTransaction).length;
    gauges.pinnedSessions = sessions.filter((session) => session.pins.length > 0).length;
    gauges.clientConnectionsNonIdle = sessions.filter((session) => session.phase !== 'idle').length;
    gauges.stmtClientActive = sessions.reduce((sum, session) => sum + session.preparedCount, 0);
    gauges.stmtServerActive = pool === null ? 0 : preparedOnServers(pool);
    counters.comCommit = stats.commands.get('COMMIT').count;
    counters.comRollback = stats.commands.get('ROLLBACK').count;
    if (context !== null) {
      counters.verdictCacheHits = retired.hits + context.analyzer.hits;
      counters.verdictCacheMisses = retired.misses + context.analyzer.misses;
    }
  }

  const link: WorkerEnd = new WorkerEnd(
    process as never,
    {
      config: ({ snapshot: next }) => {
        const refused = applyConfig(next);
        if (refused === null && hosts !== null) applyHosts(hosts);
        link.send({ type: 'config-ack', version: next.version, refused });
      },
      hosts: ({ table }) => applyHosts(table),
      listen: ({ address }, handle) => {
        accept(handle, address, {
          onClient: (client) => reception.onClient(client),
          onError: (code) => reception.onAcceptError(code),
        }).then(
          (server) => {
            listeners.push(server);
            link.send({ type: 'listening', address, error: null });
          },
          (error: Error) => link.send({ type: 'listening', address, error: error.message }),
        );
      },
      quota: ({ server, connections, returnsSeen }) => quota.onQuota(server, connections, returnsSeen),
      'quota-reclaim': ({ server, connections }) => quota.onReclaim(server, connections),
      stats: ({ request, resetPeaks }) => {
        refreshGauges();
        link.send({ type: 'stats-reply', request, stats: stats.snapshot() });
        if (resetPeaks) stats.resetPeaks();
      },
      details: ({ request, what }) => answerInParts((message) => link.send(message), request, what, detailRows(what)),
      pause: () => {
        reception.paused = true;
      },
      resume: () => {
        reception.paused = false;
      },
      stop: ({ drainMs }) => {
        drain(drainMs).then(() => {
          link.send({ type: 'stopped' });
          setImmediate(() => process.exit(0));
        });
      },
      kill: ({ request, order }) => link.send({ type: 'kill-reply', request, answer: kills.killHere(order) }),
      'kill-reply': ({ request, answer }) => kills.answer(request, answer),
      globals: ({ request, changes }) => {
        globalSettings.note(changes);
        link.send({ type: 'globals-noted', request });
      },
      'globals-noted': ({ request }) => globals.noted(request),
      'backend-users': ({ users }) => {
        backendUsers = new BackendUserTable(users);
        if (context !== null) context.backendUsers = backendUsers;
      },
      'login-retry': ({ request }) => refresh.answered(request),
      'blocked-hosts': ({ addresses }) => {
        blockedHosts = new Set(addresses);
        if (context !== null) context.blockedHosts = blockedHosts;
      },
    },
    () => log.warn('the control process is gone; this worker goes on with its last configuration'),
    (type) => log.warn({ type }, 'unknown message from the control process'),
  );

  process.on('SIGINT', () => {});
  process.on('SIGHUP', () => {});
  process.on('SIGTERM', () => {
    if (!link.connected) drain((snapshot as ConfigSnapshot | null)?.variables.shutdownDrainMs ?? 0).then(() => process.exit(0));
  });
  process.on('uncaughtException', (error) => {
    log.fatal({ problem: error.stack }, 'worker failed');
    process.exit(1);
  });
  setInterval(() => {
    const now = nowMs();
    link.send({ type: 'alive' });
    loopDelay.tick();
    for (const session of registry.all()) session.sweep(now);
    housekeeping?.run();
  }, SWEEP_INTERVAL_MS);
  const awake = new AwakeClock(nowMs());
  function endOverdue(intervalMs: number): void {
    const now = nowMs();
    const awakeMs = awake.look(now, intervalMs);
    for (const session of registry.all()) session.runner?.endOverdue(now, awakeMs);
    const nextMs = timeoutCheckMs(snapshot?.variables.queryTimeoutMs ?? 0);
    setTimeout(endOverdue, nextMs, nextMs);
  }
  endOverdue(0);
  link.send({ type: 'started', worker: workerNumber, transport: kind });
}

/** Empty while the system has no descriptor left for the file that it is read from. */
function usageOfProcess(): (NodeJS.MemoryUsage & NodeJS.CpuUsage)[] {
  try {
    return [{ ...process.memoryUsage(), ...process.cpuUsage() }];
  } catch (error) {
    if (exhaustionOf(error) === null) throw error;
    return [];
  }
}

function preparedOnServers(pool: Pool): number {
  let count = 0;
  for (const server of pool.allServers) for (const connection of server.allConnections()) count += connection.prepared.size;
  return count;
}

await main();
