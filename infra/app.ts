import { App } from 'aws-cdk-lib';
import { EnvironmentStage } from './environment-stage.ts';
import { readEnvironments } from './read-environments.ts';
import { validate } from './validation.ts';

// The AWS account as code. `cdk` runs this file (cdk.json). The folder `environments` defines the
// environments.

const app = new App();
const environments = await readEnvironments();
for (const environment of environments) new EnvironmentStage(app, environment, environments);
validate(app);
