import type { Socket } from 'node:net';

/** The steps of a consumer, in order. A consumer can be stopped at each of them. */
export const steps = [
  'entries delivered',
  'transaction sent',
  'BEGIN',
  'INSERT inbox',
  'INSERT count',
  'INSERT totals',
  'COMMIT sent',
  'COMMIT answered',
  'XDEL',
  'XACK',
] as const;

/** The steps of a consumer that records rows of a table. */
export const rowSteps = [
  'entries delivered',
  'transaction sent',
  'BEGIN',
  'INSERT inbox',
  'INSERT rows',
  'SET recorded',
  'INSERT table_totals',
  'COMMIT sent',
  'COMMIT answered',
  'XDEL',
  'XACK',
] as const;

export type Step = (typeof steps | typeof rowSteps)[number];

/** A consumer that is stopped at a step. */
export type Held = {
  /** The data on the wire at this step: a statement, a command or a reply. */
  readonly text: string;
  /** Lets the consumer continue. */
  readonly release: () => void;
  /** Closes the consumer's connection. */
  readonly cut: () => void;
};

/** A breakpoint that stops a consumer at a step on request. */
export type Breakpoints = {
  /** Resolves when a consumer has stopped at the step. Stops one consumer at a time. */
  readonly hold: (step: Step) => Promise<Held>;
  /** Called when a consumer reaches a step; resolves when it may continue. */
  readonly pass: (step: Step, text: string, client: Socket) => Promise<void>;
};

export const createBreakpoints = (): Breakpoints => {
  let awaited: { readonly step: Step; readonly arrive: (held: Held) => void } | undefined;

  const hold: Breakpoints['hold'] = (step) =>
    new Promise((arrive) => {
      awaited = { step, arrive };
    });

  const pass: Breakpoints['pass'] = (step, text, client) =>
    new Promise((release) => {
      if (awaited?.step !== step) {
        release();
        return;
      }
      const { arrive } = awaited;
      awaited = undefined;
      arrive({ text, release, cut: () => client.destroy() });
    });

  return { hold, pass };
};
