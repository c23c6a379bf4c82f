/** A JSON Schema in the dialect 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;
