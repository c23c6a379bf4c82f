/**
 * The name that an object of JSON has twice, where `text` is that object (JSON that was parsed before), else `undefined`. JSON.parse
 * takes the last of the two and says nothing; RFC 8259 §4 leaves open which one counts. Objects within it are not looked at: no body
 * of the contract has any.
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
