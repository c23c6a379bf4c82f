import { setTimeout as pause } from 'node:timers/promises';
import * as z from 'zod';
import type { AwsAnswer, Rule } from './front.ts';
import { createPlace, type Place } from './resources.ts';

// Emulates CloudFormation for Sluice's stacks. moto's own creates no stack with an unsupported
// resource type, yet reports success. This one follows the guide ("Stack status codes", "Understand
// stack creation events", API reference: StackEvent). It advances one resource at each request for
// the stack's events, and creates the resources that moto supports (resources.ts).

const resourceSchema = z.looseObject({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const templateSchema = z.looseObject({ Resources: z.record(z.string(), resourceSchema) });
type Resources = z.output<typeof templateSchema>['Resources'];

type Event = {
  readonly id: string;
  readonly resource: string;
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly at: string;
};
type Operation = { readonly action: 'CREATE' | 'UPDATE' | 'DELETE'; readonly resource: string };
type ChangeSet = {
  readonly id: string;
  readonly body: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly isEmpty: boolean;
};

type Stack = {
  readonly name: string;
  readonly id: string;
  status: string;
  body: string;
  resources: Resources;
  parameters: Readonly<Record<string, string>>;
  changeSet: ChangeSet | undefined;
  isProtected: boolean;
  readonly physicalIds: Map<string, string>;
  readonly events: Event[];
  operations: Operation[];
  /** The operation on the whole stack: `CREATE`, `UPDATE_ROLLBACK` … */
  doing: string;
};

export type EmulatedCloudFormation = {
  readonly rule: Rule;
  /**
   * Makes every operation on resources whose ids begin with `prefix` fail, until the returned
   * function is called.
   */
  readonly failAt: (prefix: string, action: Operation['action'], reason: string) => () => void;
  /** Returns the status of each existing stack. */
  readonly statuses: () => Readonly<Record<string, string>>;
  /**
   * Stops stacks at a resource until the returned function is called. Stacks advance only while
   * they are polled.
   */
  readonly holdAt: (prefix: string) => () => void;
  /**
   * Returns the physical id of the first resource of `stack` whose id begins with `prefix`. Throws
   * when there is none.
   */
  readonly findResource: (stack: string, prefix: string) => string;
  /** Creates a stack at once, in its state after a deployment. */
  readonly plant: (
    region: string,
    name: string,
    template: object,
    parameters?: Readonly<Record<string, string>>,
  ) => Promise<void>;
};

type Failure = { readonly prefix: string; readonly action: Operation['action']; readonly reason: string };

export const emulateCloudFormation = (motoPort: number, accountId: string): EmulatedCloudFormation => {
  const stacks: Stack[] = [];
  const failures: Failure[] = [];
  const holds: string[] = [];
  let ids = 0;
  const nextId = () => String((ids += 1)).padStart(8, '0');

  const say = (stack: Stack, resource: string, type: string, status: string, reason = ''): void => {
    stack.events.unshift({
      id: `${resource}-${status}-${nextId()}`,
      resource,
      type,
      status,
      reason,
      at: new Date().toISOString(),
    });
  };
  const formatOfStack = (stack: Stack, status: string, reason = ''): void => {
    stack.status = status;
    say(stack, stack.name, 'AWS::CloudFormation::Stack', status, reason);
  };

  const begin = (stack: Stack, doing: string, operations: Operation[], reason = 'User Initiated'): void => {
    stack.doing = doing;
    stack.operations = operations;
    formatOfStack(stack, `${doing}_IN_PROGRESS`, reason);
  };

  /** Rolls back a stack: deletes the created resources, newest first. */
  const rollBack = (stack: Stack, resource: string): void => {
    const isNew = stack.doing === 'CREATE';
    const word = isNew ? 'create' : 'update';
    for (const { resource: other } of stack.operations)
      say(
        stack,
        other,
        typeOf(stack, other),
        `${stack.doing}_FAILED`,
        `Resource ${isNew ? 'creation' : 'update'} cancelled`,
      );
    const undone = isNew ? [...stack.physicalIds.keys()].toReversed() : [];
    begin(
      stack,
      isNew ? 'ROLLBACK' : 'UPDATE_ROLLBACK',
      undone.map((each) => ({ action: 'DELETE', resource: each })),
      `The following resource(s) failed to ${word}: [${resource}]. Rollback requested by user.`,
    );
  };

  const end = (stack: Stack): void => {
    // A rollback of a creation deletes, too.
    const isLost = ['DELETE', 'ROLLBACK'].includes(stack.doing) && stack.physicalIds.size > 0;
    const left = [...stack.physicalIds.keys()].join(', ');
    if (isLost)
      formatOfStack(stack, `${stack.doing}_FAILED`, `The following resource(s) failed to delete: [${left}]. `);
    else formatOfStack(stack, `${stack.doing}_COMPLETE`);
  };

  /** Runs the next operation of a stack. */
  const advance = async (stack: Stack, place: Place): Promise<void> => {
    if (!stack.status.endsWith('_IN_PROGRESS') || stack.status === 'REVIEW_IN_PROGRESS') return;
    const next = stack.operations[0];
    if (next === undefined) return end(stack);
    const { action, resource } = next;
    if (holds.some((prefix) => resource.startsWith(prefix))) return undefined;
    stack.operations = stack.operations.slice(1);
    const type = typeOf(stack, resource);
    say(stack, resource, type, `${action}_IN_PROGRESS`);
    try {
      const planted = failures.find((each) => each.action === action && resource.startsWith(each.prefix));
      if (planted !== undefined) throw new Error(planted.reason);
      if (action === 'DELETE') await place.remove(type, stack.physicalIds.get(resource) ?? '');
      else {
        const { Properties = {} } = stack.resources[resource] ?? {};
        stack.physicalIds.set(resource, await place.make(`${stack.name}-${resource}`, type, Properties, stack));
      }
      if (action === 'DELETE') stack.physicalIds.delete(resource);
      say(stack, resource, type, `${action}_COMPLETE`);
    } catch (error) {
      say(stack, resource, type, `${action}_FAILED`, error instanceof Error ? error.message : String(error));
      if (action !== 'DELETE') rollBack(stack, resource);
    }
    return undefined;
  };

  const find = (nameOrId: string): Stack | undefined =>
    stacks.findLast(({ id }) => id === nameOrId) ??
    stacks.findLast(({ name, status }) => name === nameOrId && status !== 'DELETE_COMPLETE');

  const actions: Readonly<
    Record<string, (form: URLSearchParams, stack: Stack | undefined, place: Place) => Promise<AwsAnswer>>
  > = {
    DescribeStacks: async (form, stack) => {
      if (stack === undefined) return refuse(`Stack with id ${form.get('StackName')} does not exist`);
      return succeed('DescribeStacks', `<Stacks><member>${describe(stack)}</member></Stacks>`);
    },
    CreateChangeSet: async (form, given, place) => {
      const name = form.get('StackName') ?? '';
      const body = await place.readTemplate(form.get('TemplateURL') ?? '');
      const parameters = readParameters(form);
      const stack =
        given ?? createStack(name, `arn:aws:cloudformation:${place.region}:${accountId}:stack/${name}/${nextId()}`);
      if (given === undefined) stacks.push(stack);
      const isEmpty = stack.body === body && JSON.stringify(stack.parameters) === JSON.stringify(parameters);
      stack.changeSet = { id: `${stack.id.replace(':stack/', ':changeSet/')}/${nextId()}`, body, parameters, isEmpty };
      return succeed('CreateChangeSet', `<Id>${stack.changeSet.id}</Id><StackId>${stack.id}</StackId>`);
    },
    DescribeChangeSet: async (_form, stack) => {
      const set = stack?.changeSet;
      if (stack === undefined || set === undefined)
        return refuse('ChangeSet [cdk-deploy-change-set] does not exist', 'ChangeSetNotFound');
      const state = set.isEmpty
        ? "<Status>FAILED</Status><ExecutionStatus>UNAVAILABLE</ExecutionStatus><StatusReason>The submitted information didn't contain changes. Submit different information to create a change set.</StatusReason>"
        : '<Status>CREATE_COMPLETE</Status><ExecutionStatus>AVAILABLE</ExecutionStatus>';
      const changes = set.isEmpty ? '<Changes/>' : '<Changes><member><Type>Resource</Type></member></Changes>';
      return succeed(
        'DescribeChangeSet',
        `<ChangeSetName>cdk-deploy-change-set</ChangeSetName><ChangeSetId>${set.id}</ChangeSetId><StackId>${stack.id}</StackId><StackName>${stack.name}</StackName>${state}${changes}`,
      );
    },
    DeleteChangeSet: async (_form, stack) => {
      if (stack !== undefined) stack.changeSet = undefined;
      return succeed('DeleteChangeSet', '');
    },
    ExecuteChangeSet: async (_form, stack) => {
      const set = stack?.changeSet;
      if (stack === undefined || set === undefined) return refuse('ChangeSet does not exist', 'ChangeSetNotFound');
      const { Resources } = templateSchema.parse(JSON.parse(set.body));
      const isNew = stack.status === 'REVIEW_IN_PROGRESS';
      const operations = Object.keys(Resources).flatMap((resource): Operation[] => {
        if (!stack.physicalIds.has(resource)) return [{ action: 'CREATE', resource }];
        const isChanged =
          Resources[resource]?.Type === 'AWS::ECS::TaskDefinition' ||
          JSON.stringify(Resources[resource]) !== JSON.stringify(stack.resources[resource]);
        return isChanged ? [{ action: 'UPDATE', resource }] : [];
      });
      Object.assign(stack, { body: set.body, parameters: set.parameters, resources: Resources, changeSet: undefined });
      begin(stack, isNew ? 'CREATE' : 'UPDATE', operations);
      return succeed('ExecuteChangeSet', '');
    },
    DescribeStackEvents: async (form, stack, place) => {
      if (stack === undefined) return refuse(`Stack [${form.get('StackName')}] does not exist`);
      await advance(stack, place);
      return succeed(
        'DescribeStackEvents',
        `<StackEvents>${stack.events.map((event) => toXml(stack, event)).join('')}</StackEvents>`,
      );
    },
    ListStackResources: async (form, stack) => {
      if (stack === undefined) return refuse(`Stack with id ${form.get('StackName')} does not exist`);
      const rows = [...stack.physicalIds].map(
        ([resource, physicalId]) =>
          `<member><LogicalResourceId>${resource}</LogicalResourceId><PhysicalResourceId>${escape(physicalId)}</PhysicalResourceId><ResourceType>${typeOf(stack, resource)}</ResourceType><ResourceStatus>CREATE_COMPLETE</ResourceStatus><LastUpdatedTimestamp>${new Date().toISOString()}</LastUpdatedTimestamp></member>`,
      );
      return succeed('ListStackResources', `<StackResourceSummaries>${rows.join('')}</StackResourceSummaries>`);
    },
    GetTemplate: async (form, stack) =>
      stack === undefined
        ? refuse(`Stack with id ${form.get('StackName')} does not exist`)
        : succeed('GetTemplate', `<TemplateBody>${escape(stack.body)}</TemplateBody>`),
    UpdateTerminationProtection: async (form, stack) => {
      if (stack === undefined) return refuse(`Stack [${form.get('StackName')}] does not exist`);
      stack.isProtected = form.get('EnableTerminationProtection') === 'true';
      return succeed('UpdateTerminationProtection', `<StackId>${stack.id}</StackId>`);
    },
    DeleteStack: async (_form, stack) => {
      if (stack?.isProtected === true)
        return refuse(`Stack [${stack.name}] cannot be deleted while TerminationProtection is enabled`);
      if (stack !== undefined && !stack.status.startsWith('DELETE_IN')) {
        begin(
          stack,
          'DELETE',
          [...stack.physicalIds.keys()].toReversed().map((resource) => ({ action: 'DELETE', resource })),
        );
      }
      return succeed('DeleteStack', '');
    },
  };

  return {
    rule: async ({ service, region, action, body }) => {
      const act = actions[action];
      const form = new URLSearchParams(body.toString());
      const name = form.get('StackName') ?? '';
      if (service !== 'cloudformation' || act === undefined || !/(^|\/)sluice-/.test(name)) return undefined;
      // A short delay, as on AWS: a client that polls without a pause must not starve the others.
      await pause(1);
      return act(form, find(name), createPlace(motoPort, region));
    },
    failAt: (prefix, action, reason) => {
      const failure = { prefix, action, reason };
      failures.push(failure);
      return () => void failures.splice(failures.indexOf(failure), 1);
    },
    holdAt: (prefix) => {
      holds.push(prefix);
      return () => void holds.splice(holds.indexOf(prefix), 1);
    },
    statuses: () => Object.fromEntries(stacks.map(({ name, status }) => [name, status])),
    findResource: (name, prefix) => {
      const found = [...(find(name)?.physicalIds ?? [])].find(([resource]) => resource.startsWith(prefix));
      if (found === undefined) throw new Error(`${name} has no ${prefix}`);
      return found[1];
    },
    plant: async (region, name, template, parameters = {}) => {
      const place = createPlace(motoPort, region);
      const stack = createStack(name, `arn:aws:cloudformation:${region}:${accountId}:stack/${name}/${nextId()}`);
      const { Resources: resources } = templateSchema.parse(template);
      Object.assign(stack, { resources, parameters, body: JSON.stringify(template), status: 'CREATE_COMPLETE' });
      for (const [resource, { Type, Properties }] of Object.entries(resources)) {
        // In order: later resources refer to earlier ones.
        stack.physicalIds.set(resource, await place.make(`${name}-${resource}`, Type, Properties, stack));
      }
      stacks.push(stack);
    },
  };
};

const createStack = (name: string, id: string): Stack => ({
  ...{ name, id, status: 'REVIEW_IN_PROGRESS', body: '', resources: {}, parameters: {}, changeSet: undefined },
  isProtected: false,
  ...{ physicalIds: new Map<string, string>(), events: [], operations: [], doing: '' },
});

const typeOf = ({ resources }: Stack, resource: string): string => resources[resource]?.Type ?? '';

const readParameters = (form: URLSearchParams): Record<string, string> =>
  Object.fromEntries(
    [...form.keys()]
      .filter((key) => key.endsWith('.ParameterKey'))
      .map((key) => [form.get(key) ?? '', form.get(key.replace(/Key$/, 'Value')) ?? '']),
  );

const describe = ({ name, id, status, parameters, isProtected }: Stack): string => {
  const members = Object.entries(parameters).map(
    ([key, value]) =>
      `<member><ParameterKey>${key}</ParameterKey><ParameterValue>${escape(value)}</ParameterValue></member>`,
  );
  return `<StackName>${name}</StackName><StackId>${id}</StackId><StackStatus>${status}</StackStatus><CreationTime>2026-01-01T00:00:00Z</CreationTime><Parameters>${members.join('')}</Parameters><EnableTerminationProtection>${isProtected}</EnableTerminationProtection>`;
};

const toXml = ({ name, id, physicalIds }: Stack, event: Event): string =>
  `<member><StackId>${id}</StackId><StackName>${name}</StackName><EventId>${event.id}</EventId><LogicalResourceId>${event.resource}</LogicalResourceId><PhysicalResourceId>${escape(physicalIds.get(event.resource) ?? '')}</PhysicalResourceId><ResourceType>${event.type}</ResourceType><ResourceStatus>${event.status}</ResourceStatus><ResourceStatusReason>${escape(event.reason)}</ResourceStatusReason><Timestamp>${event.at}</Timestamp></member>`;

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const answer = (status: number, body: string): AwsAnswer => ({
  status,
  headers: { 'content-type': 'text/xml' },
  body: Buffer.from(body),
});

const succeed = (action: string, result: string): AwsAnswer =>
  answer(
    200,
    `<${action}Response xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><${action}Result>${result}</${action}Result><ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata></${action}Response>`,
  );

const refuse = (message: string, code = 'ValidationError'): AwsAnswer =>
  answer(
    400,
    `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${escape(message)}</Message></Error><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ErrorResponse>`,
  );
