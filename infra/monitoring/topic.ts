import { RemovalPolicy } from 'aws-cdk-lib';
import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { CfnEventSubscription } from 'aws-cdk-lib/aws-rds';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Environment } from '../schema/environment.ts';

// Services that publish to the topic: alarms, the budget, and RDS.
const tellers = ['cloudwatch.amazonaws.com', 'budgets.amazonaws.com', 'events.rds.amazonaws.com'];

/**
 * The topic for alarms and for other notifications: a failover of MySQL, and spending beyond the
 * budget. Subscribers receive all of them.
 */
export class AlarmTopic extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, environment: Environment) {
    super(scope, id);
    const { account, name, monthlyBudgetUsd } = environment;
    // With SNS's default key, CloudWatch could not publish to the topic.
    const key = new Key(this, 'Key', { enableKeyRotation: true, removalPolicy: RemovalPolicy.DESTROY });
    this.topic = new Topic(this, 'Topic', { topicName: `sluice-${name}`, masterKey: key, enforceSSL: true });
    const principals = tellers.map((teller) => new ServicePrincipal(teller));
    for (const principal of principals) key.grant(principal, 'kms:Decrypt', 'kms:GenerateDataKey*');
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals,
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        // Only on behalf of this account, not of another account that names the topic.
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    const failovers = new CfnEventSubscription(this, 'Failovers', {
      snsTopicArn: this.topic.topicArn,
      sourceType: 'db-instance',
      sourceIds: [`sluice-${name}`],
      eventCategories: ['availability', 'failover', 'failure', 'low storage'],
    });
    const budget = new CfnBudget(this, 'Budget', {
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
    // On creation, both check that they may write to the topic, so its policy must exist first.
    for (const teller of [failovers, budget]) teller.node.addDependency(this.topic);
  }
}
