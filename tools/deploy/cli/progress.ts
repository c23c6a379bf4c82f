import { styleText } from 'node:util';
import ora from 'ora';

/** The output of a command while it works. */
export type Progress = {
  /** Starts a step of the work. */
  readonly step: (title: string) => void;
  /** Prints an event permanently. */
  readonly line: (text: string) => void;
  /** Prints a problem that does not stop the work. */
  readonly warn: (text: string) => void;
  /**
   * Shows the work in progress, in one line that is redrawn on a terminal. Without a terminal it
   * shows nothing.
   */
  readonly status: (text: string) => void;
  /** Clears the line of {@link Progress.status}. */
  readonly clear: () => void;
};

/**
 * Shows progress on `stream`. It uses colours only on a terminal and without `NO_COLOR`. Nothing is
 * animated without a terminal, or if `CI` is set.
 */
export const createProgress = (stream: NodeJS.WriteStream): Progress => {
  // A terminal that does not report its width has 0 columns, and ora would permanently clear its
  // lines.
  const moving = stream.columns === 0 ? { isEnabled: false } : {};
  // ora checks only the terminal, and not NO_COLOR.
  const color = stream.isTTY && stream.hasColors() ? 'cyan' : false;
  // The terminal keeps handling Ctrl-C.
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
      // A wrapped line cannot be redrawn.
      spinner.text = text.slice(0, Math.max(stream.columns - 4, 20));
      if (!spinner.isSpinning) spinner.start();
    },
    clear,
  };
};
