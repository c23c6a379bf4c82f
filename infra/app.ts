import { App } from 'aws-cdk-lib';
import { EnvironmentStage } from './environment-stage.ts';
import { readEnvironments } from './read-environments.ts';
import { validate } from './validation.ts';

// The AWS account as code. `cdk` runs this file (cdk.json). The folder `environments` defines the
// environments. `--context environment=NAME` selects one of them.

const app = new App();
const selected: unknown = app.node.tryGetContext('environment');
const environments = await readEnvironments();
for (const environment of environments) {
  if (selected === undefined || selected === environment.name) new EnvironmentStage(app, environment, environments);
}
validate(app);
