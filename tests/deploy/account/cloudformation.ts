import { setTimeout as pause } from 'node:timers/promises';
import { describe, escape, readParameters, refuse, succeed, toXml } from './answers.ts';
import type { AwsAnswer, Rule } from './front.ts';
import { operationsOf, resolve, templateSchema, type Operation, type Resources } from './operations.ts';
import { refusalOf, type Live } from './refusals.ts';
import { createPlace, type Place } from './resources.ts';
import { createStack, forget, resolveAll, resourcesOf, typeOf, type Stack } from './stack.ts';

// Emulates CloudFormation for Sluice's stacks. moto's own creates no stack with an unsupported
// resource type, yet reports success. This one follows the guide ("Stack status codes", "Understand
// stack creation events", API reference: StackEvent). It advances one resource at each request for
// the stack's events (operations.ts), creates the resources that moto supports (resources.ts), and
// refuses what AWS would refuse (refusals.ts).

export type EmulatedCloudFormation = {
  readonly rule: Rule;
  /**
   * Makes every operation on resources whose ids begin with `prefix` fail, until the returned
   * function is called.
   */
  readonly failAt: (prefix: string, action: Operation['action'], reason: string) => () => void;
  /** Calls `look` with the resources of the account after each operation. */
  readonly watch: (look: (live: readonly Live[]) => void) => void;
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
  const watchers: ((live: readonly Live[]) => void)[] = [];
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
    stack.cleanUp = [];
    const undone = operationsOf(resourcesOf(stack.live), isNew ? {} : (stack.before?.resources ?? {})).cleanUp;
    if (!isNew && stack.before !== undefined) {
      const { live, ...deployed } = stack.before;
      Object.assign(stack, deployed);
      for (const [id, each] of live) stack.live.set(id, each);
    }
    begin(
      stack,
      isNew ? 'ROLLBACK' : 'UPDATE_ROLLBACK',
      undone,
      `The following resource(s) failed to ${word}: [${resource}]. Rollback requested by user.`,
    );
  };

  const end = (stack: Stack): void => {
    if (stack.cleanUp.length > 0) {
      begin(stack, 'UPDATE_COMPLETE_CLEANUP', stack.cleanUp);
      stack.cleanUp = [];
      return;
    }
    if (stack.doing === 'UPDATE_COMPLETE_CLEANUP') {
      formatOfStack(stack, 'UPDATE_COMPLETE');
      return;
    }
    // A rollback of a creation deletes, too.
    const isLost = ['DELETE', 'ROLLBACK'].includes(stack.doing) && stack.physicalIds.size > 0;
    const left = [...stack.physicalIds.keys()].join(', ');
    if (isLost)
      formatOfStack(stack, `${stack.doing}_FAILED`, `The following resource(s) failed to delete: [${left}]. `);
    else formatOfStack(stack, `${stack.doing}_COMPLETE`);
  };

  const outputOf = (name: string, output: string): unknown => {
    const stack = find(name);
    const found = stack === undefined ? undefined : templateSchema.parse(JSON.parse(stack.body)).Outputs[output];
    if (stack === undefined || found === undefined) throw new Error(`${name} has no output ${output}`);
    return resolve(found.Value, stack, outputOf);
  };

  const toLive = (stack: Stack, id: string, given: Resources[string], physicalId: string): Live => ({
    ...{ stack: stack.name, id, type: given.Type, physicalId, given },
    properties: resolveAll(given.Properties, (value) => resolve(value, stack, outputOf)),
  });

  /** Runs an operation on a resource. Throws when AWS would refuse it. */
  const operate = async (stack: Stack, place: Place, { action, resource }: Operation): Promise<void> => {
    const old = stack.live.get(resource);
    const given = action === 'DELETE' ? old?.given : stack.resources[resource];
    if (given === undefined) throw new Error(`${stack.name} has no ${resource}`);
    const name = `${stack.name}-${resource}`;
    const target =
      action === 'DELETE' && old !== undefined ? old : toLive(stack, resource, given, old?.physicalId ?? name);
    const refusal = refusalOf({ action, target, live: stacks.flatMap(({ live }) => [...live.values()]) });
    if (refusal !== undefined) throw new Error(refusal);
    if (action === 'DELETE') {
      await place.remove(given.Type, target.physicalId);
      forget(stack, resource);
    } else {
      // Only a task definition gets a new id.
      const isMade = old === undefined || given.Type === 'AWS::ECS::TaskDefinition';
      const physicalId = isMade ? await place.make(name, given.Type, given.Properties, stack) : old.physicalId;
      stack.physicalIds.set(resource, physicalId);
      stack.live.set(resource, { ...target, physicalId });
    }
    for (const look of watchers) look(stacks.flatMap(({ live }) => [...live.values()]));
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
      await operate(stack, place, next);
      say(stack, resource, type, `${action}_COMPLETE`);
    } catch (error) {
      say(stack, resource, type, `${action}_FAILED`, error instanceof Error ? error.message : String(error));
      if (action !== 'DELETE') rollBack(stack, resource);
      // CloudFormation leaves it in the account.
      else if (stack.doing === 'UPDATE_COMPLETE_CLEANUP') forget(stack, resource);
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
      const { changes, cleanUp } = operationsOf(resourcesOf(stack.live), Resources);
      const { body, resources, parameters, live } = stack;
      stack.before = { body, resources, parameters, live: new Map(live) };
      Object.assign(stack, { body: set.body, parameters: set.parameters, resources: Resources, changeSet: undefined });
      stack.cleanUp = cleanUp;
      begin(stack, isNew ? 'CREATE' : 'UPDATE', changes);
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
        begin(stack, 'DELETE', operationsOf(resourcesOf(stack.live), {}).cleanUp);
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
    watch: (look) => void watchers.push(look),
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
      for (const [resource, given] of Object.entries(resources))
        stack.live.set(resource, toLive(stack, resource, given, stack.physicalIds.get(resource) ?? ''));
      stacks.push(stack);
    },
  };
};
