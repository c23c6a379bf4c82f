import { Validations, type App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Adds cdk-nag to the checks of an app's synthesis, next to the CloudFormation rules of CDK. */
export const validate = (app: App): void => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};
