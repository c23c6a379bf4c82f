import { writeFileSync } from 'node:fs';
import { makeDocuments } from '../docs/documents.ts';
import { readEnvironments } from '../read-environments.ts';
import { synthesize } from '../synthesize.ts';
import { readArguments } from './read-arguments.ts';

// `npm run aws-docs`: writes the parts of docs/reference/aws.md that come from environments and
// templates.

readArguments('npm run aws-docs', {});
const environments = await readEnvironments();
for (const { file, text } of makeDocuments(environments, synthesize(environments))) writeFileSync(file, text);
