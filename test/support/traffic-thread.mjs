// Point reads one after the other over a few connections, in a thread of its own: what the test does in its thread delays nothing here.
import { parentPort, workerData } from 'node:worker_threads';
import { createConnection } from 'mysql2/promise';

const { connection, clients } = workerData;
const latencies = [];
let running = true;
let measuring = false;

parentPort.on('message', (message) => {
  if (message === 'measure') {
    latencies.length = 0;
    measuring = true;
  } else if (message === 'report') {
    const sorted = latencies.splice(0).sort((a, b) => a - b);
    measuring = false;
    const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    parentPort.postMessage({ count: sorted.length, p50: at(0.5), p99: at(0.99), p999: at(0.999), max: at(1) });
  } else running = false;
});

async function client() {
  const open = await createConnection(connection);
  for (let turn = 0; running && turn < 1_000_000; turn++) {
    const begun = performance.now();
    await open.query(`SELECT ${turn % 100}, 'traffic'`);
    if (measuring) latencies.push(performance.now() - begun);
  }
  await open.end();
}

await Promise.all(Array.from({ length: clients }, client));
process.exit(0);
