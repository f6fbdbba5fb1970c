export const WORKLOADS = ['oltp_point_select', 'oltp_read_only', 'oltp_read_write'] as const;
export type Workload = (typeof WORKLOADS)[number];

/** Text: COM_QUERY. Prepared: COM_STMT_EXECUTE on statements prepared once a connection. */
export const PROTOCOLS = ['text', 'prepared'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

/** One kind of load; every target gets each of them in every round. */
export interface Combination {
  readonly workload: Workload;
  readonly protocol: Protocol;
  readonly threads: number;
  /** Without BEGIN and COMMIT, each statement on its own. */
  readonly skipTrx: boolean;
}

export interface Choice {
  readonly workloads: readonly Workload[];
  readonly protocols: readonly Protocol[];
  readonly threads: readonly number[];
  readonly skipTrx: readonly boolean[];
}

/** All combinations of a choice. oltp_point_select has no transactions with `--skip-trx` or without, so it comes once. */
export function combinations(choice: Choice): Combination[] {
  const all = choice.workloads.flatMap((workload) => {
    const skipTrx = workload === 'oltp_point_select' ? [false] : choice.skipTrx;
    return skipTrx.flatMap((skip) =>
      choice.protocols.flatMap((protocol) => choice.threads.map((threads) => ({ workload, protocol, threads, skipTrx: skip }))),
    );
  });
  return all;
}

export function describeCombination(one: Combination): string {
  const transactions = one.workload === 'oltp_point_select' ? '' : one.skipTrx ? ', autocommit' : ', transactions';
  return `${one.workload.replace('oltp_', '')}, ${one.protocol}${transactions}, ${one.threads} threads`;
}
