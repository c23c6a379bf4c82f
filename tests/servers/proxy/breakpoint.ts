import type { Socket } from 'node:net';

/** Where a consumer can be between two steps of its work, in their order. */
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

export type Step = (typeof steps)[number];

/** A consumer stands at a step. */
export type Held = {
  /** What goes over the wire there: a statement, a command or a reply. */
  readonly text: string;
  /** Lets it go on. */
  readonly release: () => void;
  /** Ends its connection there. */
  readonly cut: () => void;
};

/** Holds whoever comes to a step, when it is told to. */
export type Gate = {
  /** Resolves when somebody stands at the step. Holds one at a time. */
  readonly hold: (step: Step) => Promise<Held>;
  /** Called by the proxies when somebody comes to a step; resolves when it may go on. */
  readonly pass: (step: Step, text: string, client: Socket) => Promise<void>;
};

export const createGate = (): Gate => {
  let awaited: { readonly step: Step; readonly arrive: (held: Held) => void } | undefined;

  const hold: Gate['hold'] = (step) =>
    new Promise((arrive) => {
      awaited = { step, arrive };
    });

  const pass: Gate['pass'] = (step, text, client) =>
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
