import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { monthsOf, reportAll, reportOne } from '../cost/report.ts';
import type { Environment } from '../schema/environment.ts';
import type { StackTemplate } from '../policy/template.ts';
import { environmentsTable } from './environments-table.ts';

const docs = join(import.meta.dirname, '../../docs');

/**
 * Returns the files of `docs` with parts that come from environments and templates, with these
 * parts up to date. Throws if the place for a part is missing.
 */
export const makeDocuments = (
  environments: readonly Environment[],
  templates: readonly StackTemplate[],
): { readonly file: string; readonly text: string }[] => {
  const page = join(docs, 'reference/aws.md');
  return [
    {
      file: page,
      text: fill(
        fill(readFileSync(page, 'utf8'), 'environments', environmentsTable(environments)),
        'cost',
        costTables(environments, templates),
      ),
    },
  ];
};

/** Returns the output of `npm run cost` for all environments, and for dev. */
const costTables = (environments: readonly Environment[], templates: readonly StackTemplate[]): string => {
  const months = monthsOf(environments, templates);
  const one = months.filter(({ name }) => name === 'dev').map(reportOne);
  return [reportAll(months), ...one].map((text) => `\`\`\`text\n${text}\n\`\`\``).join('\n\n');
};

const fill = (text: string, name: string, content: string): string => {
  const place = new RegExp(`(<!-- ${name} -->\n)[^]*?(<!-- /${name} -->)`);
  if (!place.test(text)) throw new Error(`docs/reference/aws.md has no <!-- ${name} --> … <!-- /${name} -->`);
  return text.replace(place, (_all, start: string, end: string) => `${start}\n${content}\n\n${end}`);
};
