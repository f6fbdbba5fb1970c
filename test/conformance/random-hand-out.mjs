// Loaded into weir's processes in front of everything else (NODE_OPTIONS): a statement that could be served by the connection whose state is
// nearest gets any free one instead, so that what the session needs has to be carried over. Which one, and which reader, follows from a seed, read
// from a file each time, so that a script meets the same connections whatever ran before it.
import { readFileSync } from 'node:fs';
import { stateDistance } from '../../dist/backend/connection-state.js';
import { ServerPool } from '../../dist/pool/server-pool.js';

const seedFile = process.env.WEIR_HAND_OUT_SEED_FILE;
const connections = Number(process.env.WEIR_HAND_OUT_CONNECTIONS);
let seedText = '';
let state = 0;

/** A linear congruential generator (Numerical Recipes): no more randomness is needed. */
Math.random = function seeded() {
  const text = readFileSync(seedFile, 'utf8');
  if (text !== seedText) {
    seedText = text;
    state = Number(text) >>> 0;
  }
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 2 ** 32;
};

for (const name of ['take', 'takeExactly', 'idleConnections']) {
  if (typeof ServerPool.prototype[name] !== 'function')
    throw new Error(`ServerPool has no ${name}(): nothing would be handed out at random`);
}

ServerPool.prototype.take = function takeAny(identity, wanted, lessee, nowMs) {
  const free = [...this.idleConnections()].filter(
    (connection) => connection.identity === identity && mayServe(connection, wanted, lessee, nowMs),
  );
  free.sort((one, other) => one.login.connectionId - other.login.connectionId);
  // A connection that is not open yet is as good as one that is.
  const places = Math.max(free.length, connections - this.total + free.length);
  for (let left = places; left > 0; left--) {
    const chosen = free[Math.floor(Math.random() * left)];
    if (chosen === undefined) return null;
    if (this.takeExactly(chosen, nowMs)) return chosen;
    free.splice(free.indexOf(chosen), 1);
  }
  return null;
};

function mayServe(connection, wanted, lessee, nowMs) {
  const isAnothers = connection.holdUntilMs !== 0 && connection.holdUntilMs > nowMs && connection.lastLessee !== lessee;
  return !isAnothers && stateDistance(connection.state, wanted) < Number.POSITIVE_INFINITY;
}
