import { App } from 'aws-cdk-lib';
import { EnvironmentStage } from './environment-stage.ts';
import { readEnvironments } from './read-environments.ts';
import { validate } from './validation.ts';

// The AWS account as code: `cdk` runs this (cdk.json). Which environments there are is said by the folder `environments`.

const app = new App();
for (const environment of await readEnvironments()) new EnvironmentStage(app, environment);
validate(app);
