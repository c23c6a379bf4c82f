import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { Construct } from 'constructs';
import type { FoundationStack } from '../stacks/foundation.ts';
import { SluiceTask, type ServiceContext } from './fargate-service.ts';
import { variablesOf } from './service-variables.ts';

type OperatorProps = {
  readonly context: Pick<ServiceContext, 'environment' | 'imageTag'>;
  readonly foundation: FoundationStack;
  /** The image of the consumer, which contains the commands. */
  readonly image: IRepository;
};

/**
 * The task that runs one operator's command (`npm run ops`), next to the consumers and in their
 * security group. It has its own user of the queue. In MySQL it is the consumer, whose rights cover
 * what it reads. Nothing runs until someone starts it.
 */
export class Operator extends Construct {
  readonly task: SluiceTask;

  constructor(scope: Construct, id: string, { context, foundation, image }: OperatorProps) {
    super(scope, id);
    const { queue, database, databaseSetup } = foundation;
    const { environment } = context;
    const size = { cpu: 256, memoryMiB: 512 };
    this.task = new SluiceTask(this, 'Task', { ...context, name: 'operator', size });
    const secret = databaseSetup.secrets.consumer;
    this.task.addContainer('operator', {
      repository: image,
      memoryMiB: size.memoryMiB,
      // Without arguments it lists the commands.
      command: operatorCommand,
      variables: variablesOf('operator', { environment, queue, database, secret }),
    });
    const { taskRole } = this.task.taskDefinition;
    secret.grantRead(taskRole);
    queue.grantConnect(taskRole, 'operator');
  }
}

const operatorCommand = ['node', 'apps/consumer/operator/main.ts'];
