const manifest = (name: string, fields: Readonly<Record<string, Readonly<Record<string, string>>>> = {}): string =>
  JSON.stringify({ name: `@sluice/${name}`, version: '0.1.0', private: true, type: 'module', ...fields });

/** A repository in small, by path, in which every file keeps the rules and does what only such a file may do. */
export const skeleton: Readonly<Record<string, string>> = {
  'apps/frontend/package.json': manifest('frontend', { dependencies: { '@sluice/contract': '0.1.0' } }),
  'apps/frontend/main.ts': `
    import { isCount } from '@sluice/contract/count.ts';

    globalThis.document.title = isCount(1) ? 'a count' : 'no count';
  `.replace('globalThis.document.title', 'globalThis.name'),
  'apps/producer/package.json': manifest('producer', {
    dependencies: {
      '@sluice/contract': '0.1.0',
      '@sluice/ledger': '0.1.0',
      '@sluice/queue': '0.1.0',
      '@sluice/runtime': '0.1.0',
    },
    devDependencies: { '@redis/client': '6.3.1', '@sluice/test-servers': '0.1.0' },
  }),
  'apps/producer/main.ts': `
    import { runService } from '@sluice/runtime/service.ts';
    import { take } from './take.ts';

    await runService(process, () => take(1));
  `,
};
