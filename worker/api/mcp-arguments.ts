// What a tool takes, as a JSON Schema for the model. Here only the form of an argument is held to it; what it may say is for the
// route that the tool asks.
import { fail, ok, type Result } from '../result.ts';

export type Given = Readonly<Record<string, unknown>>;

const TYPES = {
  string: ['text', (value: unknown) => typeof value === 'string'],
  integer: ['a whole number', (value: unknown) => Number.isSafeInteger(value)],
  boolean: ['true or false', (value: unknown) => typeof value === 'boolean'],
  array: ['a list of texts', (value: unknown) => Array.isArray(value) && value.every((one) => typeof one === 'string')],
} as const;

interface Property {
  readonly type: keyof typeof TYPES;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: { readonly type: 'string'; readonly enum?: readonly string[] };
}

export type Takes = Readonly<Record<string, Property>>;

export function text(description?: string): Property {
  return { type: 'string', ...told(description) };
}

export function whole(description?: string): Property {
  return { type: 'integer', ...told(description) };
}

export function flag(description?: string): Property {
  return { type: 'boolean', ...told(description) };
}

export function oneOf(values: readonly string[], description?: string): Property {
  return { type: 'string', enum: values, ...told(description) };
}

export function list(values: readonly string[] | null = null, description?: string): Property {
  const items = { type: 'string', ...(values === null ? {} : { enum: values }) } as const;
  return { type: 'array', items, ...told(description) };
}

function told(description: string | undefined) {
  return description === undefined ? {} : { description };
}

export function schemaOf(takes: Takes, needs: readonly string[]): object {
  const required = needs.length === 0 ? {} : { required: needs };
  return { type: 'object', properties: takes, ...required, additionalProperties: false };
}

export function checked(given: Given, takes: Takes, needs: readonly string[]): Result<Given, string> {
  for (const name of needs) {
    if (given[name] === undefined) return fail(`${name}: is missing`);
  }
  for (const [name, value] of Object.entries(given)) {
    const property = Object.hasOwn(takes, name) ? takes[name] : undefined;
    if (property === undefined) {
      return fail(`${name.slice(0, 80)}: is no argument of this tool, which takes ${Object.keys(takes).join(', ')}`);
    }
    const [words, isGood] = TYPES[property.type];
    if (!isGood(value)) return fail(`${name}: must be ${words}`);
  }
  return ok(given);
}

/** False stands for what is not asked for. */
export function queryOf(given: Given): string {
  const told = Object.entries(given).filter(([, value]) => value !== false);
  return new URLSearchParams(told.map(([name, value]) => [name, String(value)])).toString();
}

/** A step of a path, of any text. */
export function stepOf(value: unknown): string {
  return encodeURIComponent(String(value).toWellFormed());
}
