export declare class PauseWatch {
  constructor(nowMs?: () => number);
  longestMs(fromMs: number, untilMs: number): number;
  stop(): void;
}
