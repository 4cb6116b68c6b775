/** Whether what comes over the wire is what the schema says: as much of JSON Schema as that one uses. */
import { SHAPES } from './wire';

type Shape = Readonly<Record<string, unknown>>;

/** What doesn't fit, in words; empty where all does. */
export function misfit(value: unknown, shape: Shape, at = ''): string {
  const where = at === '' ? 'the answer' : at;
  const ref = shape.$ref;
  if (typeof ref === 'string') {
    const named = SHAPES[ref.slice(ref.lastIndexOf('/') + 1)];
    return named === undefined ? `${where}: unknown shape` : misfit(value, named, at);
  }
  if (Array.isArray(shape.anyOf)) {
    const found = (shape.anyOf as Shape[]).map(one => misfit(value, one, at));
    return found.includes('') ? '' : (found[found.length - 1] ?? '');
  }
  if ('const' in shape && value !== shape.const) {
    return `${where} is not ${JSON.stringify(shape.const)}`;
  }
  if (Array.isArray(shape.enum) && !shape.enum.includes(value)) {
    return `${where} is none of ${shape.enum.join(', ')}`;
  }
  const types = shape.type === undefined ? [] : [shape.type].flat();
  if (types.length > 0 && !types.some(type => isA(value, type as string))) {
    return `${where} is no ${types.join(' or ')}`;
  }
  if (Array.isArray(value) && shape.items !== undefined) {
    for (const [number, item] of value.entries()) {
      const wrong = misfit(item, shape.items as Shape, `${at}[${number}]`);
      if (wrong !== '') {
        return wrong;
      }
    }
  } else if (isA(value, 'object')) {
    return inside(value as Record<string, unknown>, shape, at);
  }
  return '';
}

function inside(value: Record<string, unknown>, shape: Shape, at: string): string {
  const known = (shape.properties ?? {}) as Record<string, Shape>;
  for (const name of (shape.required ?? []) as string[]) {
    if (!(name in value)) {
      return `${at === '' ? 'the answer' : at} has no ${name}`;
    }
  }
  for (const [name, part] of Object.entries(value)) {
    const wanted = known[name] ?? shape.additionalProperties;
    if (wanted === false) {
      return `${name} is not expected in ${at === '' ? 'the answer' : at}`;
    }
    const wrong =
      wanted !== null && typeof wanted === 'object' ? misfit(part, wanted as Shape, `${at}.${name}`) : '';
    if (wrong !== '') {
      return wrong;
    }
  }
  return '';
}

function isA(value: unknown, type: string): boolean {
  switch (type) {
    case 'null':
      return value === null;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
