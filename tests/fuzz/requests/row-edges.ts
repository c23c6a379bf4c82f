import type { Kind } from '../rows/columns.ts';
import { words } from './words.ts';

/** JSON text at the edges of what a column takes. */
export const edgesOf = (kind: Kind): readonly string[] => {
  switch (kind.name) {
    case 'text':
      return ['a', '😀', '\ue000', '\0'].flatMap((unit) =>
        [kind.max - 1, kind.max, kind.max + 1].map((length) => JSON.stringify(unit.repeat(length))),
      );
    case 'enum':
      return words('"Pro" "" "pro\\u0000" "p\\u0072o" "free,pro" 0', '"pro "', '" pro"');
    case 'decimal':
      return words(
        `"99999999.9999" "-99999999.9999" "100000000" "123456789" "0.00001" "1.23456" "1e2" "+1" "1." ".5" "00" "01"
        "-0" "-0.0000" "-" "" "NaN" "Infinity" "１" "1,5" "0x1" 1.5 1 "1\\n" "0.10"`,
        '" 1"',
        '"1 "',
      );
    case 'uuid':
      return words(
        `"00000000-0000-0000-0000-000000000000" "FFFFFFFF-ffff-FFFF-ffff-ffffffffffff" "0B9AD5D3-7c5f-4d0e-9b1c-2f6a3f1e8d47"
        "0b9ad5d3-7c5f-9d0e-9b1c-2f6a3f1e8d47" "0b9ad5d3-7c5f-4d0e-cb1c-2f6a3f1e8d47" "0b9ad5d37c5f4d0e9b1c2f6a3f1e8d47"
        "{0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47}" "urn:uuid:0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47"
        "0b9ad5d3-7c5f-4d0e-9b1c-2f6a3f1e8d47\\n" "00000000-0000-0000-0000-000000000001" ""`,
      );
    case 'integer':
    case 'number':
      return words(
        `0.1 4.35 1.7976931348623157e308 1.7976931348623159e308 2.2250738585072011e-308 5e-324 2e-324 -5e-324 1e-400
        9007199254740993 123456789.123456789123456789 1e23 9.5367431640625e-7 -0.0 1e+2 1E-2 0e400 "1" "NaN" "1e400"`,
        `1${'0'.repeat(309)}`,
        `0.${'0'.repeat(330)}1`,
      );
    case 'boolean':
      return words('"true" 0 1 "1" "0" TRUE');
    case 'time':
      return words(
        `"2026-11-26T05:00:00Z" "2026-11-26T05:00:00.1234Z" "2026-11-26T05:00:00.12Z" "2026-11-26T05:00:00.123"
        "2026-11-26T05:00:00.123+0100" "2026-11-26T05:00:00.123+01" "2026-11-26T05:00:00.123+24:00" "2026-11-26T05:00:00.123+14:60"
        "2026-11-26T24:00:00.000Z" "2026-11-26T23:59:60.000Z" "2026-02-29T00:00:00.000Z" "2024-02-29T00:00:00.000Z"
        "1900-02-29T00:00:00.000Z" "2000-02-29T00:00:00.000Z" "2026-04-31T00:00:00.000Z" "2026-13-01T00:00:00.000Z" "2026-00-10T00:00:00.000Z"
        "0999-12-31T23:59:59.999Z" "1000-01-01T00:00:00.000Z" "1000-01-01T00:00:00.000+00:01" "0999-12-31T23:59:59.999-00:01"
        "9999-12-31T23:59:59.999Z" "9999-12-31T23:59:59.999-00:01" "0050-01-01T00:00:00.000Z" "0000-00-00T00:00:00.000Z"
        "+02026-11-26T05:00:00.123Z" "-2026-11-26T05:00:00.123Z" "2026-11-26t05:00:00.123z" "2026-11-26" "" 1700000000000
        "2026-11-26T05:00:00,123Z" "2026-11-26T05:00:00.123Z\\n" "2026-330T05:00:00.123Z" "2026-11-26T05:00:00.1２3Z"
        "1582-10-10T00:00:00.000Z" "2026-03-29T02:30:00.000Z"`,
        '"2026-11-26 05:00:00.123Z"',
        '"2026-11-26T05:00:00.123 Z"',
      );
    case 'json':
      return words(
        `{"__proto__":1} {"constructor":{"prototype":1}} {"":1} {"a":1,"a":1} {"a":{"b":1,"\\u0062":2}} [1e400] [9007199254740993] [1e21]
        [9007199254740990.5] [1e15,1e16] [-0] [5e-324] [1.7976931348623157e308] {"\\ud800":1} ["\\udc00"] "\\u0000" [null] [[]] {"b":1,"a":2} 0 ""
        "null" false [1,] {"a"} [0.1,1e-7,123456.789e3] {"a":1,"B":2,"\\u00e4":3} ["\\ud83d\\ude00","😀"]`,
        '[1 2]',
        '"a\\nb"',
      );
  }
};

/** JSON text of values of any type, and text that is no JSON. */
export const otherValues = words(
  `null [] {} "" "1" 1 1.5 true "NaN" NaN Infinity undefined 'a' "\\ud800" "\\udc00\\ud800" "\\ud83d\\ude00" "\\u0000" "\\x41"
    "\\u12" {"a":1} [null] "\u2028" 1e400 -0 01 1.0 "😀" // /**/`,
  '"a\nb"',
  '"tab\t"',
  '"',
  '',
);

/** Members that a row must not have, or may have only once. */
export const wrongMembers = words(
  `"__proto__":1 "__proto__":{"path":"/"} "constructor":1 "id":1 "recorded_at":null "":1 "a/b~c":1 "Path":"/" "\\ud800":1
    "path":"/" "weight":1 "w\\u0065ight":1 "celsius":1 "\\u0000":1 "😀":1`,
  `"${'x'.repeat(100)}":1`,
  `"${'😀'.repeat(40)}":1`,
  '"a b%":1',
  '"toString":""',
);
