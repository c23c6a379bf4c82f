import type { Snapshot } from '../state/console.ts';

/** The warnings about servers. Findings that already stop counts are in the status. */
export const Warnings = ({ findings }: Pick<Snapshot, 'findings'>) => {
  const warnings = findings.filter(({ severity, code }) => severity === 'warning' && code !== 'mysql_read_only');
  if (warnings.length === 0) return null;
  return (
    <section className="warnings" aria-label="Server checks">
      <h2>Server warnings</h2>
      <ul>
        {warnings.map(({ detail }) => (
          <li key={detail}>{detail}</li>
        ))}
      </ul>
    </section>
  );
};
