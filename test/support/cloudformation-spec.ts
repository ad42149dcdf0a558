import type { SpecDatabase } from '@aws-cdk/service-spec-types';

type Type = { readonly type: string; readonly [field: string]: unknown };

/** Where a value is not what CloudFormation's specification says of its type. */
function misfits(spec: SpecDatabase, value: unknown, type: Type, at: string): string[] {
  // What CloudFormation puts in place of a function is not known here: the test sees that what it refers to is there.
  if (isFunction(value)) return [];
  const wrong = [`${at} must be ${type.type}, got ${JSON.stringify(value)?.slice(0, 60)}`];
  switch (type.type) {
    case 'string':
      if (typeof value !== 'string') return wrong;
      return type['allowedValues'] === undefined || (type['allowedValues'] as string[]).includes(value) ? [] : wrong;
    case 'integer':
      return Number.isInteger(value) ? [] : wrong;
    case 'number':
      return typeof value === 'number' ? [] : wrong;
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong;
    case 'json':
      return typeof value === 'object' ? [] : wrong;
    case 'array':
      if (!Array.isArray(value)) return wrong;
      return value.flatMap((item, i) => misfits(spec, item, type['element'] as Type, `${at}[${i}]`));
    case 'map':
      if (typeof value !== 'object' || value === null) return wrong;
      return Object.entries(value).flatMap(([name, one]) =>
        misfits(spec, one, type['element'] as Type, `${at}.${name}`),
      );
    case 'union':
      return (type['types'] as Type[]).some((one) => misfits(spec, value, one, at).length === 0) ? [] : wrong;
    case 'ref': {
      const { $ref } = type['reference'] as { $ref: string };
      const { properties } = spec.get('typeDefinition', $ref);
      return ofProperties(spec, value, properties as never, at);
    }
    default:
      return [`${at} has a type unknown here, ${type.type}`];
  }
}

/** Where properties are not those that a type has; `spec` is what AWS publishes. */
export function ofProperties(
  spec: SpecDatabase,
  value: unknown,
  properties: Record<string, { type: Type; required?: boolean }>,
  at: string,
): string[] {
  if (typeof value !== 'object' || value === null) return [`${at} must be an object`];
  const missing = Object.entries(properties).filter(([name, { required }]) => required === true && !(name in value));
  return [
    ...missing.map(([name]) => `${at}.${name} is missing`),
    ...Object.entries(value).flatMap(([name, one]) =>
      Object.hasOwn(properties, name)
        ? misfits(spec, one, properties[name].type, `${at}.${name}`)
        : [`${at}.${name} is unknown`],
    ),
  ];
}

function isFunction(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const names = Object.keys(value);
  return names.length === 1 && (names[0] === 'Ref' || names[0].startsWith('Fn::'));
}
