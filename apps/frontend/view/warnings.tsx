import type { Snapshot } from '../state/console.ts';

/** What could be lost if a server failed, as long as nothing is refused for it. What is refused is in the status. */
export const Warnings = ({ findings }: Pick<Snapshot, 'findings'>) => {
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  if (warnings.length === 0) return null;
  return (
    <section className="warnings" aria-label="Server checks">
      <h2>Set up the servers</h2>
      <ul>
        {warnings.map(({ detail }) => (
          <li key={detail}>{detail}</li>
        ))}
      </ul>
    </section>
  );
};
