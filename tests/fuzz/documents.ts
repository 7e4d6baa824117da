import { z } from 'zod';

const parameter = z.looseObject({ name: z.string(), in: z.string(), schema: z.looseObject({}) });
const operation = z.looseObject({
  parameters: z.array(parameter).optional(),
  responses: z.record(z.string(), z.unknown()).optional(),
});
/** What Node answers by itself, without a body: it does not read on. */
const tooLong = { 431: { description: 'The address and the headers are longer than 16 KiB' } };

const document = z.looseObject({ paths: z.record(z.string(), z.record(z.string(), operation)) });

/** Ids that exist, by the beginning of the path whose `{id}` they are. */
export type KnownIds = Record<string, string[]>;

const isUuid = (value: unknown): boolean => z.looseObject({ format: z.literal('uuid') }).safeParse(value).success;

/** Every `product_id` in a schema may also be one that exists. */
const withProducts = (value: unknown, products: string[]): unknown => {
  if (Array.isArray(value)) return value.map((one) => withProducts(one, products));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) =>
      name === 'product_id' && isUuid(inner)
        ? [name, { anyOf: [{ enum: products }, inner] }]
        : [name, withProducts(inner, products)],
    ),
  );
};

/**
 * The document with ids that exist beside any other: by chance alone nothing would ever be found, and the fuzzer would
 * see little but 404.
 */
export const withKnownIds = (fetched: unknown, known: KnownIds): unknown => {
  const { paths, ...rest } = document.parse(fetched);
  const idsOf = (path: string): string[] => Object.entries(known).find(([start]) => path.startsWith(start))?.[1] ?? [];
  const better = Object.entries(paths).map(([path, methods]) => [
    path,
    Object.fromEntries(
      Object.entries(methods).map(([method, found]) => [
        method,
        {
          ...found,
          responses: { ...found.responses, ...tooLong },
          parameters: found.parameters?.map((one) =>
            one.in === 'path' && idsOf(path).length > 0
              ? { ...one, schema: { anyOf: [{ enum: idsOf(path) }, one.schema] } }
              : one,
          ),
        },
      ]),
    ),
  ]);
  const products = known['/api/products'] ?? [];
  return { ...rest, components: withProducts(rest.components, products), paths: Object.fromEntries(better) as unknown };
};
