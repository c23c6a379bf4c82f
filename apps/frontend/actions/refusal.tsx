import type { Problem } from '@sluice/contract/problem.ts';

/** The reason of a refused request, with its problem document one click away. */
export const Refusal = ({ problem }: { readonly problem: Problem }) => (
  <>
    <p className="fault">
      <strong>{`${problem.status} ${problem.title}. `}</strong>
      <span>{problem.detail}</span>
    </p>
    <details>
      <summary>Problem document</summary>
      <pre>{JSON.stringify(problem, undefined, 2)}</pre>
    </details>
  </>
);
