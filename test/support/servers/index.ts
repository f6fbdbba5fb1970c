/** The one provider of real database servers: for tests, the demo and benchmarks. */
export {
  type Account,
  APP,
  APP_SCHEMAS,
  alterPassword as alterPasswordSql,
  createAccount as createAccountSql,
  MONITOR,
  ROOT,
} from './accounts.js';
export { acquireServer, howToGet, isAvailable, type Progress } from './acquire.js';
export { type Cluster, type ClusterOptions, follow, startCluster, waitUntilApplied, withRoot } from './cluster.js';
export { atLeast, FLAVOURS, type Flavour, isFlavour } from './flavour.js';
export { flavoursUnderTest } from './flavours-under-test.js';
export { locateBinary } from './locate.js';
export { freePort } from './ports.js';
export { type RunningServer, type ServerOptions, startServer } from './server.js';
// describe-each-flavour.js is apart: it needs vitest, which the demo does not load.
