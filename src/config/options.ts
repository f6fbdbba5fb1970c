import { parseArgs } from 'node:util';

/** What the command line says. Paths are as given; null: not given. */
export interface CommandLine {
  readonly action: 'run' | 'version' | 'help';
  readonly configFile: string | null;
  readonly datadir: string | null;
  /** Read the configuration file although the datadir has a `weir.db`. */
  readonly initial: boolean;
}

export type ParsedCommandLine = { readonly ok: true; readonly options: CommandLine } | { readonly ok: false; readonly message: string };

export const usage = `Usage: weir [options]

  -c, --config FILE    configuration in ProxySQL's proxysql.cnf format
  -D, --datadir DIR    directory of weir.db; wins over "datadir" in the file
      --initial        read the file although weir.db exists; its rows replace those of weir.db
  -f, --foreground     accepted for ProxySQL's sake: weir always stays in the foreground
      --version        print the version
  -h, --help           print this text
`;

const definitions = {
  config: { type: 'string', short: 'c' },
  datadir: { type: 'string', short: 'D' },
  initial: { type: 'boolean' },
  foreground: { type: 'boolean', short: 'f' },
  version: { type: 'boolean', short: 'V' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @param args without the names of node and the script */
export function parseCommandLine(args: readonly string[]): ParsedCommandLine {
  try {
    return readCommandLine(args);
  } catch (error) {
    // parseArgs explains the argument in its first sentence; the rest is advice for programmers.
    const reason = (error instanceof Error ? error.message : String(error)).split(/\.(?:\s|$)/)[0]!;
    return refuse(reason);
  }
}

function readCommandLine(args: readonly string[]): ParsedCommandLine {
  const { tokens, values } = parseArgs({ args: [...args], options: definitions, strict: true, tokens: true });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    if (seen.has(token.name)) return refuse(`Option '${token.rawName}' is given more than once`);
    if (token.value === '') return refuse(`Option '${token.rawName}' needs a path`);
    seen.add(token.name);
  }
  const action = values.help ? 'help' : values.version ? 'version' : 'run';
  const { config = null, datadir = null, initial = false } = values;
  return { ok: true, options: { action, configFile: config, datadir, initial } };
}

function refuse(reason: string): ParsedCommandLine {
  return { ok: false, message: `weir: ${reason}. Accepted: --config FILE, --datadir DIR, --initial, --foreground, --version, --help` };
}
