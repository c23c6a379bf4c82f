import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../environment.ts';

// Who tells the topic something: alarms, the budget, and RDS.
const tellers = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com', 'events.rds.amazonaws.com'];

/** Where alarms go, and with them what is no alarm: a failover of MySQL, and spending beyond the budget. Who wants to hear subscribes. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { name, monthlyBudgetUsd } = environment;
    // With the key that SNS brings, CloudWatch could not write to it.
    const key = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    this.topic = new Topic(this, 'Topic', { topicName: `sluice-${name}`, masterKey: key, enforceSSL: true });
    for (const teller of tellers) {
      const principal = new ServicePrincipal(teller);
      this.topic.grantPublish(principal);
    }
    new CfnEventSubscription(this, 'Failovers', {
      snsTopicArn: this.topic.topicArn,
      sourceType: 'db-instance',
      sourceIds: [`sluice-${name}`],
      eventCategories: ['availability', 'failover', 'failure', 'low storage'],
    });
    new CfnBudget(this, 'Budget', {
      budget: {
        budgetName: `sluice-${name}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:environment$${name}`] },
      },
      notificationsWithSubscribers: ['ACTUAL', 'FORECASTED'].map((notificationType) => ({
        notification: {
          notificationType,
          comparisonOperator: 'GREATER_THAN',
          threshold: 100,
          thresholdType: 'PERCENTAGE',
        },
        subscribers: [{ subscriptionType: 'SNS', address: this.topic.topicArn }],
      })),
    });
  }
}
