import { type Metric, Registry } from 'prom-client';

type Labels = Readonly<Record<string, string | number>>;

export interface Sample {
  readonly value: number;
  readonly labels?: Labels;
  /** For the parts of a histogram: `NAME_bucket`, `NAME_sum`, `NAME_count`. */
  readonly metricName?: string;
}

/** Metrics of one scrape. Values come whole from elsewhere, so they are handed to prom-client as they are instead of being counted by it. */
export class Scrape {
  readonly #registry = new Registry();

  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, 'counter', samples);
  }

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, 'gauge', samples);
  }

  histogram(name: string, help: string, samples: readonly Sample[]): void {
    this.#add(name, help, 'histogram', samples);
  }

  /** The text exposition format. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #add(name: string, help: string, type: 'counter' | 'gauge' | 'histogram', samples: readonly Sample[]): void {
    // A registry asks a metric for nothing but its name and get().
    const metric = { name, get: async () => ({ name, help, type, values: samples, aggregator: 'sum' }) };
    this.#registry.registerMetric(metric as unknown as Metric);
  }
}
