import type { Operation, Resources } from './operations.ts';
import type { Live } from './refusals.ts';

export type Event = {
  readonly id: string;
  readonly resource: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly at: string;
};
type ChangeSet = {
  readonly id: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isEmpty: boolean;
};

/** A template, as a stack was deployed from it. */
type Deployed = {
  readonly body: string;
  readonly resources: Resources;
  readonly parameters: Readonly<Record<string, string>>;
};

export type Stack = {
  readonly name: string;
  readonly id: string;
  status: string;
  body: string;
  resources: Resources;
  parameters: Readonly<Record<string, string>>;
  /** The state before the update in progress, to which a rollback returns. */
  before: (Deployed & { readonly live: ReadonlyMap<string, Live> }) | undefined;
  changeSet: ChangeSet | undefined;
  isProtected: boolean;
  readonly physicalIds: Map<string, string>;
  readonly live: Map<string, Live>;
  readonly events: Event[];
  operations: Operation[];
  /** The operations after those, which do not fail the update. */
  cleanUp: Operation[];
  /** The operation on the whole stack: `CREATE`, `UPDATE_ROLLBACK` … */
  doing: string;
};

export const createStack = (name: string, id: string): Stack => ({
  ...{ name, id, status: 'REVIEW_IN_PROGRESS', body: '', resources: {}, parameters: {}, changeSet: undefined },
  ...{ isProtected: false, before: undefined, doing: '' },
  ...{ physicalIds: new Map<string, string>(), live: new Map<string, Live>() },
  ...{ events: [], operations: [], cleanUp: [] },
});

export const typeOf = ({ resources, live }: Stack, resource: string): string =>
  resources[resource]?.Type ?? live.get(resource)?.type ?? '';

export const resourcesOf = (live: ReadonlyMap<string, Live>): Resources =>
  Object.fromEntries([...live].map(([id, { given }]) => [id, given]));

export const resolveAll = (properties: Live['properties'], of: (value: unknown) => unknown): Live['properties'] =>
  Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, of(value)]));

/** Removes a resource from its stack. */
export const forget = (stack: Stack, resource: string): void => {
  stack.physicalIds.delete(resource);
  stack.live.delete(resource);
};
