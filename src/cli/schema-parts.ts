export type Schema = Readonly<Record<string, unknown>>;

export const count: Schema = { type: 'integer', minimum: 0 };
export const number: Schema = { type: 'number' };
export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
export const time: Schema = { type: 'string', format: 'date-time' };
export const length: Schema = { type: 'number', minimum: 0, description: 'milliseconds' };
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] });
export const list = (items: Schema): Schema => ({ type: 'array', items });

/** An object with these fields, all of them there but those that `optional` names, and more in time to come. */
export function fields(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required };
}

/** What one command prints. */
export const of = (command: string, properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []) =>
  fields({ command: { const: command }, ...properties }, optional);
