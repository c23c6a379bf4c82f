import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Environment } from '../environment.ts';
import type { StackTemplate } from '../policy/template.ts';
import { environmentsTable } from './environments-table.ts';
import { networkPicture } from './network-picture.ts';

const docs = join(import.meta.dirname, '../../docs');

/** What of `docs` is made from environments and templates, as it should be. Throws where a place for it is missing. */
export const makeDocuments = (
  environments: readonly Environment[],
  templates: readonly StackTemplate[],
): { readonly file: string; readonly text: string }[] => {
  const foundationOf = (name: string): StackTemplate => {
    const found = templates.find(({ stack }) => stack === `${name}/foundation`);
    if (found === undefined) throw new Error(`There is no template ${name}/foundation`);
    return found;
  };
  const page = join(docs, 'aws.md');
  return [
    {
      file: page,
      text: fill(readFileSync(page, 'utf8'), 'environments', environmentsTable(environments)),
    },
    // The two that differ: ways out by NAT, and by endpoints.
    ...['dev', 'prod'].map((name) => ({
      file: join(docs, `aws-network-${name}.svg`),
      text: networkPicture(`Who may talk to whom in ${name}`, foundationOf(name)),
    })),
  ];
};

const fill = (text: string, name: string, content: string): string => {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(text)) throw new Error(`docs/aws.md has no <!-- ${name} --> … <!-- /${name} -->`);
  return text.replace(place, (_all, start: string, end: string) => `${start}\n${content}\n\n${end}`);
};
