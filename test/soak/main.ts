import { parseCommand, type SoakCommand, USAGE } from './options.js';
import { soak } from './soak.js';
import { summarize } from './summary.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const interrupted = new AbortController();

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  let command: SoakCommand | 'help';
  try {
    command = parseCommand(args);
  } catch (error) {
    process.stderr.write(`soak: ${messageOf(error)}\n${USAGE}\n`);
    return 2;
  }
  if (command === 'help') {
    say(USAGE);
    return 0;
  }
  listenForSignals();
  let isFine = command.flavours.length > 0;
  if (!isFine) process.stderr.write('soak: no server of any flavour is here\n');
  for (const flavour of command.flavours) {
    if (interrupted.signal.aborted) break;
    isFine = (await soakOne(command, flavour)) && isFine;
  }
  return isFine ? 0 : 1;
}

async function soakOne({ minutes, seed }: SoakCommand, flavour: SoakCommand['flavours'][number]): Promise<boolean> {
  const again = `npm run soak -- --minutes ${minutes} --seed ${seed} --flavour ${flavour}`;
  say(`${again}: random faults for ${minutes} minutes; Ctrl-C ends them early, with the audit`);
  try {
    const report = await soak({ flavour, seed, durationMs: minutes * 60_000, say, signal: interrupted.signal });
    say(['', ...summarize(report)].join('\n'));
    if (report.wrong.length === 0) {
      say(`${flavour}: all held; every acknowledged write is there exactly once on every server`);
      return true;
    }
    process.stderr.write(`${flavour}: WRONG\n${report.wrong.join('\n')}\n`);
  } catch (error) {
    process.stderr.write(`soak: ${messageOf(error)}\n`);
  }
  process.stderr.write(`to repeat it: ${again}\n`);
  return false;
}

function listenForSignals(): void {
  const stop = (): void => {
    // A second Ctrl-C does not wait: what still runs is killed as this process exits.
    if (interrupted.signal.aborted) process.exit(130);
    say('ending the fault under way, then the audit (Ctrl-C again to kill) …');
    interrupted.abort();
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
