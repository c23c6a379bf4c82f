/** The first place where a text is no JSON. */
export type SyntaxFault = {
  /** The number of the character, from 1. `undefined` if the text ends too early. */
  readonly character: number | undefined;
  /** The index of the item with the fault, if the text is a list. */
  readonly index: number | undefined;
};

type Expected = 'value' | 'name' | 'colon' | 'comma';

// RFC 8259 §7: any character but controls, quotation marks and backslashes, or an escape.
const string = /"(?:[ !#-[\]-\uffff]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)?/y;

/**
 * Finds the fault of a text that JSON.parse has refused. Its error has the place of some faults
 * only. The time grows with the length of the text.
 */
export const findSyntaxFault = (text: string): SyntaxFault => {
  const open: boolean[] = [];
  let isObject = false;
  let expects: Expected = 'value';
  let mayEnd = false;
  let index: number | undefined;
  const faultAt = (place: number): SyntaxFault => ({ character: place < text.length ? place + 1 : undefined, index });
  for (let at = 0; ; at += 1) {
    switch (text.charCodeAt(at)) {
      case 0x20:
      case 0x09:
      case 0x0a:
      case 0x0d:
        break;
      case 0x5b: // [
      case 0x7b: // {
        if (expects !== 'value') return faultAt(at);
        isObject = text[at] === '{';
        if (!isObject && open.length === 0) index = 0;
        open.push(isObject);
        expects = isObject ? 'name' : 'value';
        mayEnd = true;
        break;
      case 0x5d: // ]
      case 0x7d: // }
        if (!mayEnd || open.pop() !== (text[at] === '}')) return faultAt(at);
        isObject = open.at(-1) === true;
        expects = 'comma';
        mayEnd = open.length > 0;
        break;
      case 0x2c: // ,
        if (expects !== 'comma' || open.length === 0) return faultAt(at);
        if (open.length === 1 && index !== undefined) index += 1;
        expects = isObject ? 'name' : 'value';
        mayEnd = false;
        break;
      case 0x3a: // :
        if (expects !== 'colon') return faultAt(at);
        expects = 'value';
        break;
      default: {
        const isText = text[at] === '"';
        if (expects !== 'value' && !(expects === 'name' && isText)) return faultAt(at);
        const end = endOf(isText ? string : scalar, text, at);
        if (isText ? text[end] !== '"' : end === at) return faultAt(end);
        at = isText ? end : end - 1;
        mayEnd = expects === 'value' && open.length > 0;
        expects = expects === 'name' ? 'colon' : 'comma';
      }
    }
  }
};

/** Returns the end of what a sticky pattern matches at a place. */
const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  pattern.test(text);
  return pattern.lastIndex;
};
