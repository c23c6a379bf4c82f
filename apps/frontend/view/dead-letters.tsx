import { deadLettersCommand } from '../state/evaluate.ts';
import { formatCount } from './format.ts';

/** The number of dead letters, and the command that lists them. */
export const DeadLetters = ({ number }: { readonly number: number }) =>
  number > 0 && (
    <section className="warnings" aria-label="Dead letters">
      <h2>Dead letters</h2>
      <p>
        <span>{`${formatCount(number)} ${number === 1 ? 'entry' : 'entries'}. To list them, run: `}</span>
        <code>{deadLettersCommand}</code>
      </p>
    </section>
  );
