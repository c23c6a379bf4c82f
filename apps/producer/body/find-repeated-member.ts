/**
 * Returns the name that a JSON object has twice, or `undefined`. `text` must be JSON that was
 * parsed before. JSON.parse silently takes the last of the two, and RFC 8259 §4 leaves open which
 * one counts. Ignores nested objects: no body of the contract has any.
 */
export const findRepeatedMember = (text: string): string | undefined => {
  const names = new Set<string>();
  let depth = 0;
  let isAtName = false;
  for (let at = 0; at < text.length; at += 1) {
    switch (text[at]) {
      case '{':
      case '[':
        if (depth === 0 && text[at] === '[') return undefined;
        depth += 1;
        isAtName = depth === 1;
        break;
      case '}':
      case ']':
        depth -= 1;
        break;
      case ',':
        isAtName = depth === 1;
        break;
      case '"': {
        const end = endOfString(text, at);
        if (isAtName) {
          const name = String(JSON.parse(text.slice(at, end + 1)));
          if (names.has(name)) return name;
          names.add(name);
          isAtName = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return undefined;
};

const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
};
