import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/config/options.js';

describe('command line', () => {
  test.each([
    [[], {}],
    [['--config', '/a.cnf', '--datadir', '/d', '--initial'], { configFile: '/a.cnf', datadir: '/d', initial: true }],
    [['--config=/a.cnf'], { configFile: '/a.cnf' }],
    [['-c', '/a.cnf', '-D', '/d', '-f'], { configFile: '/a.cnf', datadir: '/d' }],
    [['--version'], { action: 'version' }],
    [['--help', '--version'], { action: 'help' }],
  ])('%j', (args, options) => {
    expect(parseCommandLine(args)).toEqual({
      ok: true,
      options: { action: 'run', configFile: null, datadir: null, initial: false, ...options },
    });
  });

  test.each([
    [['--confg', 'x'], "Unknown option '--confg'"],
    [['x.cnf'], "Unexpected argument 'x.cnf'"],
    [['--config'], "Option '-c, --config <value>' argument missing"],
    [['--config', '--initial'], "Option '--config' argument is ambiguous. Accepted"],
    [['--initial=yes'], "Option '--initial' does not take an argument"],
    [['-c', 'a', '--config', 'b'], "Option '--config' is given more than once"],
    [['--datadir='], "Option '--datadir' needs a path"],
  ])('%j is refused', (args, reason) => {
    const parsed = parseCommandLine(args);
    expect(parsed.ok || parsed.message).toContain(`weir: ${reason}`);
    expect(parsed.ok || parsed.message).toMatch(/Accepted: --config FILE, --datadir DIR/);
    expect(parsed.ok || parsed.message).not.toContain('\n');
  });
});
