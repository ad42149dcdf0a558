interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly minimum?: number;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/**
 * Where a value is not as a JSON Schema has it, for the words of the vocabulary that the command's own schema uses. Fields that
 * the schema does not name are told too: it is to document all of them.
 */
export function violations(value: unknown, schema: Schema, at = '$'): string[] {
  const found: string[] = [];
  const need = (ok: boolean, what: string) => {
    if (!ok) found.push(`${at} must be ${what}, got ${JSON.stringify(value)?.slice(0, 80)}`);
  };
  if ('const' in schema) need(value === schema.const, JSON.stringify(schema.const));
  if (schema.enum !== undefined) need(schema.enum.includes(value), `one of ${JSON.stringify(schema.enum)}`);
  for (const words of [schema.anyOf, schema.oneOf]) {
    if (words === undefined) continue;
    const tries = words.map((one) => violations(value, one, at));
    const fits = tries.filter((problems) => problems.length === 0).length;
    // The nearest alternative tells most.
    if (fits === 0) found.push(...tries.reduce((a, b) => (b.length < a.length ? b : a)));
    if (words === schema.oneOf && fits > 1) found.push(`${at} fits ${fits} alternatives`);
  }
  if (schema.type !== undefined) {
    need(hasType(value, schema.type), schema.type);
    if (found.length > 0) return found;
  }
  if (schema.minimum !== undefined) need(Number(value) >= schema.minimum, `at least ${schema.minimum}`);
  if (schema.format === 'date-time') need(new Date(String(value)).toISOString() === value, 'a time');
  if (Array.isArray(value) && schema.items !== undefined) {
    for (const [i, item] of value.entries()) found.push(...violations(item, schema.items, `${at}[${i}]`));
  }
  if (schema.properties !== undefined && hasType(value, 'object')) {
    const fields = value as Readonly<Record<string, unknown>>;
    for (const name of schema.required ?? []) if (!(name in fields)) found.push(`${at}.${name} is missing`);
    for (const [name, field] of Object.entries(fields)) {
      const known = schema.properties[name];
      if (known === undefined) found.push(`${at}.${name} is not in the schema`);
      else found.push(...violations(field, known, `${at}.${name}`));
    }
  }
  return found;
}

function hasType(value: unknown, type: string): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    default:
      return typeof value === type;
  }
}
