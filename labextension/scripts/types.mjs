// Writes src/wire.ts from the schemas that the Python side is tested against.
import { compile } from 'json-schema-to-typescript';
import { readFileSync, writeFileSync } from 'node:fs';

const read = name =>
  JSON.parse(readFileSync(new URL(`../../nbdebt/report/${name}`, import.meta.url), 'utf-8'));
const { $defs: parts, $schema: _, ...report } = read('json.schema.json');
const wire = read('wire.schema.json');
wire.$defs = { ...parts, report: { ...report, title: 'Report' }, ...wire.$defs };

// One document, in which what may be null is said so that it becomes a union.
function plain(node) {
  if (Array.isArray(node)) {
    return node.map(plain);
  }
  if (node === null || typeof node !== 'object') {
    return node;
  }
  const made = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, plain(value)]));
  if (typeof made.$ref === 'string') {
    made.$ref = made.$ref.replace(/^json\.schema\.json$/, '#/$defs/report').replace('json.schema.json#', '#');
  }
  if (Array.isArray(made.type) && made.type.includes('object')) {
    const { description, type, ...rest } = made;
    return { anyOf: [{ type: 'object', description, ...rest }, { type: 'null' }] };
  }
  return made;
}

const text = await compile(plain(wire), 'Wire', {
  bannerComment: '// Written by scripts/types.mjs from nbdebt/report/wire.schema.json: change that.',
  additionalProperties: false,
  style: { singleQuote: true, printWidth: 110, trailingComma: 'none' }
});

// What the page itself looks at before it believes an answer: the same, without words.
function bare(node) {
  if (Array.isArray(node)) {
    return node.map(bare);
  }
  if (node === null || typeof node !== 'object') {
    return node;
  }
  return Object.fromEntries(
    Object.entries(node)
      .filter(([key, value]) => !(key === 'description' && typeof value === 'string'))
      .map(([key, value]) => [key, bare(value)])
  );
}
const shapes = {};
function gather(name) {
  if (!(name in shapes)) {
    shapes[name] = bare(plain(wire.$defs[name]));
    const text = JSON.stringify(shapes[name]);
    [...text.matchAll(/"#\/\$defs\/(\w+)"/g)].forEach(match => gather(match[1]));
  }
}
gather('answer');

const version = wire.$defs.opening.properties.version.const;
writeFileSync(
  new URL('../src/wire.ts', import.meta.url),
  `${text}\n/** The version of the wire that this is. */\nexport const VERSION = ${version};\n
/** What answers look like, for \`shape.ts\`. */
export const SHAPES = ${JSON.stringify(shapes)} as unknown as Record<string, Record<string, unknown>>;\n`
);
