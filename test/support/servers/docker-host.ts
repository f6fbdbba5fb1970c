import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers';
import { accountStatements } from './accounts.js';
import type { Progress } from './acquire.js';
import { commonArguments, datadirOf, redoLogArguments, type ServerSettings, serverArguments } from './arguments.js';
import { type Flavour, parseVersionLine } from './flavour.js';
import type { ServerHost } from './local-host.js';

const IMAGES: Readonly<Record<Flavour, string>> = { mariadb: 'mariadb:11.4', mysql: 'mysql:8.4' };
/** Decides which spelling of options is used; the exact version is asked for after the start. */
const IMAGE_VERSIONS: Readonly<Record<Flavour, string>> = { mariadb: '11.4.0', mysql: '8.4.0' };
const PROGRAMS: Readonly<Record<Flavour, string>> = { mariadb: 'mariadbd', mysql: 'mysqld' };
const DIRECTORY = '/var/lib/weir';
const SCRIPT = '/weir-start.sh';
const ACCOUNTS = '/weir-accounts.sql';

/** Starts the server of `settings` in a container that shares this machine's loopback, so that ports mean the same everywhere. */
export async function startDockerHost(settings: ServerSettings, progress?: Progress): Promise<ServerHost> {
  const { flavour } = settings;
  const inside: ServerSettings = {
    ...settings,
    directory: DIRECTORY,
    version: IMAGE_VERSIONS[flavour],
    extraArgs: ['--user=root', ...settings.extraArgs],
  };
  progress?.(`starting ${IMAGES[flavour]} with Docker (the first time it is downloaded)`);
  const container = await new GenericContainer(IMAGES[flavour])
    .withNetworkMode('host')
    .withUser('root')
    .withEntrypoint(['sh', SCRIPT])
    .withCommand(serverArguments(inside))
    .withCopyContentToContainer([
      { target: SCRIPT, content: startScript(flavour) },
      { target: ACCOUNTS, content: accountScript(flavour) },
    ])
    .withWaitStrategy(Wait.forLogMessage(/ready for connections/))
    .withStartupTimeout(180_000)
    .start();
  const answer = await container.exec([PROGRAMS[flavour], '--no-defaults', '--version']);
  const version = parseVersionLine(PROGRAMS[flavour], answer.output)?.version ?? IMAGE_VERSIONS[flavour];
  const host = new DockerHost(container, version);
  await host.watch();
  return host;
}

/** The same datadir as on the machine itself, made on the container's first start only: a restart keeps the data. */
function startScript(flavour: Flavour): string {
  const datadir = datadirOf(DIRECTORY);
  const options = [
    ...commonArguments(datadir).filter((option) => !option.startsWith('--user=')),
    '--user=root',
    ...redoLogArguments(flavour),
  ];
  const list = options.join(' ');
  const initialise =
    flavour === 'mysql'
      ? [`mysqld ${list} --initialize-insecure --init-file=${ACCOUNTS}`, `rm -f ${datadir}/auto.cnf`]
      : [
          `mariadb-install-db ${list} --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve --force`,
          `mariadbd ${list} --bootstrap < ${ACCOUNTS}`,
        ];
  return [
    'set -e',
    `if [ ! -d ${datadir}/mysql ]; then`,
    `mkdir -p ${DIRECTORY}`,
    ...initialise,
    'fi',
    `exec ${PROGRAMS[flavour]} "$@"`,
    '',
  ].join('\n');
}

function accountScript(flavour: Flavour): string {
  const statements = accountStatements(flavour);
  const all = flavour === 'mariadb' ? ['FLUSH PRIVILEGES', ...statements] : statements;
  return all.map((statement) => `${statement};\n`).join('');
}

class DockerHost implements ServerHost {
  private processId = 0;
  private isRunning = false;
  private exited: Promise<void> = Promise.resolve();

  constructor(
    private readonly container: StartedTestContainer,
    readonly version: string,
  ) {}

  /** As the engine sees it; a process of this machine only when the engine runs here. */
  get pid(): number {
    return this.processId;
  }

  get running(): boolean {
    return this.isRunning;
  }

  /** Follows the container from now on: its process id, and its end. */
  async watch(): Promise<void> {
    const engine = await this.engine();
    const state = await engine.inspect();
    this.processId = state.State.Pid;
    this.isRunning = state.State.Running;
    this.exited = engine.wait().then(() => {
      this.isRunning = false;
    });
    // Losing the engine while waiting ends the test run elsewhere, with a better error.
    this.exited.catch(() => {});
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    await (await this.engine()).kill({ signal });
    if (signal === 'SIGKILL') await this.exited;
  }

  async terminate(graceMs: number): Promise<void> {
    if (!this.isRunning) return;
    await (await this.engine()).stop({ t: Math.ceil(graceMs / 1000) });
    await this.exited;
  }

  async startAgain(): Promise<void> {
    await this.exited;
    await (await this.engine()).start();
    await this.watch();
  }

  async logTail(): Promise<string> {
    const log = await (await this.engine()).logs({ stdout: true, stderr: true, follow: false, tail: 25 });
    // Each piece has an 8 byte header in front; what is not text is dropped.
    return log.toString('latin1').replace(/[^\x20-\x7e\n]/g, '');
  }

  async dispose(): Promise<void> {
    await this.container.stop({ timeout: 0, remove: true, removeVolumes: true });
  }

  private async engine() {
    const client = await getContainerRuntimeClient();
    return client.container.getById(this.container.getId());
  }
}
