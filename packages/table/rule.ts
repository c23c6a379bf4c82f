/** A statement that adds or removes an index or a constraint of a table, written by hand. */
export type Rule = { readonly tableName: string };

/** The reason that a statement may not be run, as the end of a sentence about its file. */
export type Refusal = { readonly reason: string };

// A comment, quoted text or any other character, as MySQL and MariaDB read them (MySQL manual,
// "Comments" and "String Literals"). `--` needs white space or a control character behind it.
const tokens =
  /(?<comment>--(?![!-~\u0080-\u{10FFFF}])[^\n]*|#[^\n]*|\/\*[^]*?\*\/)|(?<text>'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*")|(?<name>`[^`]*`)|[^]/gu;
const executableComment = /^\/\*M?!/;
const whiteSpace = /[ \t\r\n\v\f]+/g;
const parentheses = /\([^()]*\)/g;

const name = String.raw`(?:\w+|\x60[^\x60]+\x60)`;
const table = String.raw`(?:(?<plain>\w+)|\x60(?<quoted>\w+)\x60)`;
const kind = String.raw`(?:CONSTRAINT|CHECK|FOREIGN KEY|UNIQUE|(?:(?:UNIQUE|FULLTEXT|SPATIAL) )?(?:INDEX|KEY))`;
const index = String.raw`(?:(?:UNIQUE|FULLTEXT|SPATIAL) )?INDEX ${name}(?: USING \w+)?`;
const createIndex = new RegExp(String.raw`^CREATE ${index} ON ${table}(?: |$)`, 'i');
const alterTable = new RegExp(String.raw`^ALTER TABLE ${table} (?:ADD|DROP) ${kind}(?: |$)`, 'i');

const ways = 'CREATE INDEX, or ALTER TABLE with ADD or DROP of a CONSTRAINT, CHECK, FOREIGN KEY or INDEX';

/**
 * Removes the comments from a statement, and the semicolon at its end. Refuses comments that a
 * server runs, because MySQL and MariaDB do not run the same ones.
 */
export const withoutComments = (text: string): string | Refusal => {
  const comments = [...text.matchAll(tokens)].flatMap(({ groups }) => groups?.['comment'] ?? []);
  if (comments.some((comment) => executableComment.test(comment)))
    return { reason: 'has a comment that a server runs (/*! or /*M!). Write its SQL without the comment' };
  return text
    .replaceAll(tokens, (token, comment?: string) => (comment === undefined ? token : ' '))
    .trim()
    .replace(/;$/, '')
    .trimEnd();
};

/**
 * Reads a rule without comments. It is one action on one table, so that it changes no column and
 * can be removed by another.
 */
export const readRule = (statement: string): Rule | Refusal => {
  const outline = outlineOf(statement);
  if (outline.includes(';')) return { reason: 'has more than one statement. Write a file for each' };
  const { plain, quoted } = (createIndex.exec(outline) ?? alterTable.exec(outline))?.groups ?? {};
  const tableName = plain ?? quoted;
  if (tableName === undefined) return { reason: `is no statement of npm run tables. By hand, write only ${ways}` };
  if (outline.includes(',')) return { reason: 'does more than one thing. Write a file for each' };
  if (/\bPARTITION(?:ING)?\b/i.test(outline)) return { reason: 'changes partitions. Do that by hand' };
  return { tableName };
};

/** Returns a statement without what is in quotes and parentheses, with single spaces. */
const outlineOf = (statement: string): string => {
  let outline = statement.replaceAll(tokens, (token, _comment, text?: string, quotedName?: string) => {
    if (text !== undefined) return "''";
    return quotedName === undefined ? token : quotedName.replaceAll(/[^\w`]/g, '?');
  });
  for (let before = ''; before !== outline;) {
    before = outline;
    outline = outline.replaceAll(parentheses, ' ');
  }
  return outline.replaceAll(whiteSpace, ' ').trim();
};
