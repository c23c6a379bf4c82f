/**
 * One statement of an SQL script without its comments and its semicolon, and the line (from 1) on
 * which it begins.
 */
export type Statement = { readonly text: string; readonly line: number };

/** A dump cannot be imported. Nothing of it was. */
export class DumpError extends Error {
  readonly code = 'DUMP_REFUSED';
}

type Mode = 'text' | "'" | '"' | '`' | 'block comment' | 'line comment' | 'delimiter';

// The tokens that end or interrupt each mode except `text`. Every mode matches newlines, to count
// lines.
const tokens: Readonly<Record<Exclude<Mode, 'text'>, RegExp>> = {
  "'": /['\\\n]/g,
  '"': /["\\\n]/g,
  '`': /[`\n]/g,
  'block comment': /\*\/|\n/g,
  'line comment': /\n/g,
  delimiter: /\n/g,
};

/**
 * Returns the pattern of the tokens that end or interrupt text, where statements end with
 * `delimiter`.
 */
const textTokens = (delimiter: string): RegExp =>
  new RegExp(`${delimiter.replaceAll(/\W/g, String.raw`\$&`)}|['"\`#\\n]|--|/\\*|\\*/|delimiter(?=[ \\t])`, 'gi');

// The longest token that must be complete: the start of an executable comment with its version,
// `/*M!100100\-`, or a delimiter.
const lookAhead = 16;
const maxDelimiterLine = 100;
const maxStatementLength = 64 * 1024 * 1024;
// Pieces are joined at once, because a string that grows by each token is millions of objects.
const maxPieces = 4_096;

type State = {
  /** The text that was read but not handled yet. */
  rest: string;
  mode: Mode;
  /** The end of a statement. `delimiterLine` is the line of a DELIMITER command so far. */
  delimiter: string;
  textTokens: RegExp;
  delimiterLine: string;
  executableDepth: number;
  line: number;
  /** The statement so far: its beginning, the pieces that follow, and the length of both. */
  statement: string;
  pieces: string[];
  length: number;
  /** The line on which the statement, quoted text or comment begins. */
  startLine: number;
};

/**
 * Splits an SQL script as the `mysql` client does (MySQL manual, "Comments" and "String Literals"):
 * quotes, escapes, comments, and the client's command DELIMITER.
 *
 * It keeps the contents of executable comments (`/*!40101 … *\/`, MariaDB's `/*M! … *\/`) as part
 * of the statement. Throws a {@link DumpError} when the script ends within a statement.
 */
export const splitStatements = async function* (chunks: AsyncIterable<string>): AsyncGenerator<Statement> {
  const state: State = {
    rest: '',
    mode: 'text',
    delimiter: ';',
    textTokens: textTokens(';'),
    delimiterLine: '',
    executableDepth: 0,
    line: 1,
    statement: '',
    pieces: [],
    length: 0,
    startLine: 1,
  };
  for await (const chunk of chunks) {
    state.rest += chunk;
    yield* scan(state, state.rest.length - lookAhead);
  }
  yield* scan(state, state.rest.length);
  if (state.length > 0 || state.mode === 'block comment') {
    throw new DumpError(
      `The file is truncated: it ends within the statement that starts on line ${state.startLine}. Dump again, and copy the whole file`,
    );
  }
};

/** Handles the text up to `end`, and whole tokens that begin before it. */
const scan = function* (state: State, end: number): Generator<Statement> {
  let at = 0;
  while (at < end) {
    const pattern = state.mode === 'text' ? state.textTokens : tokens[state.mode];
    pattern.lastIndex = at;
    const found = pattern.exec(state.rest);
    const isSeen = found !== null && found.index < end;
    const until = isSeen ? found.index : end;
    if (state.mode === 'delimiter') keepDelimiter(state, state.rest.slice(at, until));
    else if (!isComment(state.mode)) keep(state, state.rest.slice(at, until));
    at = until;
    if (!isSeen) break;
    const [token] = found;
    if (state.mode === 'text' && token === state.delimiter) {
      if (state.length > 0) yield { text: takeStatement(state), line: state.startLine };
      at += token.length;
    } else {
      const ahead = state.rest.slice(at, at + lookAhead);
      at += state.mode === 'text' ? meetInText(state, token, ahead) : meetInside(state, token, ahead);
      if (token === '\n') state.line += 1;
    }
  }
  if (at > 0) state.rest = state.rest.slice(at);
};

/** Handles a token of the script's text at the start of `ahead`. Returns the token's length. */
const meetInText = (state: State, token: string, ahead: string): number => {
  if (token === "'" || token === '"' || token === '`') {
    state.mode = token;
    keep(state, token);
  } else if (token === '#' || (token === '--' && /^--(?:\s|$)/.test(ahead))) {
    state.mode = 'line comment';
  } else if (token === '/*') {
    // `\-` is a command to the client (MariaDB's "sandbox mode"), not SQL.
    const executable = /^\/\*M?!\d*(?!\\-)(?!\d)/.exec(ahead);
    if (executable !== null) {
      state.executableDepth += 1;
      keep(state, ' ');
      return executable[0].length;
    }
    if (state.length === 0) state.startLine = state.line;
    state.mode = 'block comment';
  } else if (state.length === 0 && token.toLowerCase() === 'delimiter') {
    state.mode = 'delimiter';
    state.delimiterLine = '';
  } else if (token === '*/' && state.executableDepth > 0) {
    state.executableDepth -= 1;
    keep(state, ' ');
  } else {
    keep(state, token);
  }
  return token.length;
};

/** Handles a token within quotes and comments, as {@link meetInText} does for text. */
const meetInside = (state: State, token: string, ahead: string): number => {
  if (state.mode === 'delimiter') {
    setDelimiter(state);
    return token.length;
  }
  if (isComment(state.mode)) {
    if (token === '*/' || state.mode === 'line comment') {
      state.mode = 'text';
      keep(state, token === '\n' ? token : ' ');
    }
    return token.length;
  }
  // A doubled quote counts as the end of a string and the start of the next one. The result is the
  // same.
  if (token === state.mode) state.mode = 'text';
  const length = token === '\\' ? 2 : 1;
  if (ahead.startsWith('\\\n')) state.line += 1;
  keep(state, ahead.slice(0, length));
  return length;
};

const keepDelimiter = (state: State, text: string): void => {
  state.delimiterLine = (state.delimiterLine + text).trimStart().slice(0, maxDelimiterLine);
};

const setDelimiter = (state: State): void => {
  const [delimiter = ''] = state.delimiterLine.trim().split(/\s/);
  if (delimiter === '' || delimiter.length > lookAhead) {
    throw new DumpError(`Line ${state.line}: DELIMITER needs 1 to ${lookAhead} characters: ${delimiter.slice(0, 60)}`);
  }
  state.mode = 'text';
  state.delimiter = delimiter;
  state.textTokens = textTokens(delimiter);
};

const keep = (state: State, text: string): void => {
  const piece = state.length === 0 ? text.trimStart() : text;
  if (state.length === 0) state.startLine = state.line;
  if (piece === '') return;
  state.pieces.push(piece);
  state.length += piece.length;
  if (state.pieces.length === maxPieces) joinPieces(state);
  if (state.length > maxStatementLength) {
    throw new DumpError(
      `The statement on line ${state.startLine} is longer than 64 MiB. Dump shorter statements: mysqldump --net-buffer-length=1M`,
    );
  }
};

const joinPieces = (state: State): void => {
  state.statement += state.pieces.join('');
  state.pieces = [];
};

const takeStatement = (state: State): string => {
  joinPieces(state);
  const text = state.statement.trimEnd();
  state.statement = '';
  state.length = 0;
  return text;
};

const isComment = (mode: Mode): boolean => mode === 'block comment' || mode === 'line comment';
