import { styleText } from 'node:util';
import ora from 'ora';

/** What a command shows while it works. */
export type Progress = {
  /** Begins a part of the work. */
  readonly step: (title: string) => void;
  /** One thing that happened; it stays. */
  readonly line: (text: string) => void;
  /** What is wrong and does not stop the work. */
  readonly warn: (text: string) => void;
  /** What is under way: one line that is painted anew on a terminal, and nothing where there is none. */
  readonly status: (text: string) => void;
  /** Ends the line of {@link Progress.status}. */
  readonly clear: () => void;
};

/**
 * Shows progress on `stream`. Colours only where there is a terminal and `NO_COLOR` is not set; nothing moves where there is no terminal, or
 * where `CI` is set.
 */
export const createProgress = (stream: NodeJS.WriteStream): Progress => {
  // A terminal that does not say how wide it is has 0 columns, and ora would take away its lines for ever.
  const moving = stream.columns === 0 ? { isEnabled: false } : {};
  // ora looks at the terminal alone, and not at NO_COLOR.
  const color = stream.isTTY && stream.hasColors() ? 'cyan' : false;
  // Ctrl-C stays with the terminal.
  const spinner = ora({ stream, color, discardStdin: false, ...moving });
  const isMoving = spinner.isEnabled;
  const paint = (style: 'bold' | 'yellow', text: string) => styleText(style, text, { stream });
  const write = (text: string) => {
    if (spinner.isSpinning) spinner.clear();
    stream.write(`${text}\n`);
    if (spinner.isSpinning) spinner.render();
  };
  const clear = () => {
    if (spinner.isSpinning) spinner.stop();
  };
  return {
    step: (title) => {
      clear();
      stream.write(`\n${paint('bold', title)}\n`);
    },
    line: (text) => write(`  ${text.replaceAll('\n', '\n  ')}`),
    warn: (text) => write(`${paint('yellow', '! ')}${text.replaceAll('\n', '\n  ')}`),
    status: (text) => {
      if (!isMoving) return;
      // A line that is wrapped cannot be painted anew.
      spinner.text = text.slice(0, Math.max(stream.columns - 4, 20));
      if (!spinner.isSpinning) spinner.start();
    },
    clear,
  };
};
