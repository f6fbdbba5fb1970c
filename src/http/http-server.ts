import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type HealthReport, liveness, readiness } from './health.js';
import { Metrics } from './metrics.js';
import type { HttpSources } from './sources.js';

/** /metrics, /healthz and /readyz on loopback. */
export class HttpServer {
  readonly #sources: HttpSources;
  readonly #metrics: Metrics;
  readonly #server: Server;
  readonly #onError: (error: Error) => void;

  /** `onError` hears of requests that could not be answered. */
  constructor(sources: HttpSources, onError: (error: Error) => void) {
    this.#sources = sources;
    this.#metrics = new Metrics(sources);
    this.#onError = onError;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.requestTimeout = 5_000;
  }

  /**
   * Listens on 127.0.0.1; answers the port, which was chosen by the system when 0 was asked for.
   * @throws Error whose message names the address
   */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) => {
        const cause = error.code === 'EADDRINUSE' ? 'the address is in use by another process (EADDRINUSE)' : error.message;
        reject(new Error(`can not listen on 127.0.0.1:${port} (admin-restapi_port): ${cause}`));
      });
      this.#server.listen(port, '127.0.0.1', () => {
        this.#server.on('error', this.#onError);
        resolve((this.#server.address() as { port: number }).port);
      });
    });
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') return send(response, 405, 'text/plain', 'only GET and HEAD\n');
      switch ((request.url ?? '').split('?')[0]) {
        case '/metrics':
          return send(response, 200, this.#metrics.contentType, await this.#metrics.text());
        case '/healthz':
          return sendReport(response, liveness(this.#sources));
        case '/readyz':
          return sendReport(response, readiness(this.#sources));
        default:
          return send(response, 404, 'text/plain', '/metrics, /healthz and /readyz are here\n');
      }
    } catch (error) {
      this.#onError(error as Error);
      send(response, 500, 'text/plain', 'internal error, see the log\n');
    }
  }
}

function sendReport(response: ServerResponse, report: HealthReport): void {
  send(response, report.ok ? 200 : 503, 'application/json', `${JSON.stringify(report)}\n`);
}

function send(response: ServerResponse, status: number, contentType: string, body: string): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(body);
}
