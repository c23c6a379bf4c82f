import { Validations, type App } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

/** Lets cdk-nag look at an app when it is synthesized, beside the rules of CloudFormation that CDK brings. */
export const validate = (app: App): void => {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
};
