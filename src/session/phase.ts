/** What the session waits for. */
export const Phase = {
  login: 'login',
  idle: 'idle',
  running: 'running',
  infile: 'infile',
  changingUser: 'changingUser',
  closed: 'closed',
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];
