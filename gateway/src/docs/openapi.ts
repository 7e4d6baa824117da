import { errorCatalogue } from '@live-orders/contracts/rest/errors.ts';
import type { Log } from '@live-orders/runtime/process/log.ts';
import { ProblemError } from '@live-orders/runtime/http/problem.ts';
import { z } from 'zod';

/** As much of a service's OpenAPI document as is read here; everything else is passed on as it is. */
const operation = z.looseObject({ responses: z.record(z.string(), z.unknown()) });
const serviceDocument = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  tags: z.array(z.looseObject({ name: z.string() })),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});
type ServiceDocument = z.infer<typeof serviceDocument>;

/** The OpenAPI document of the service at `url`. Rejects with `upstream_unavailable` when there is none within 3 s. */
export const fetchDocument = async (name: string, url: string, log: Log): Promise<ServiceDocument> => {
  try {
    const answer = await fetch(new URL('/api/openapi.json', url), { signal: AbortSignal.timeout(3_000) });
    return serviceDocument.parse(await answer.json());
  } catch (error) {
    log.warn({ err: error }, `reading the OpenAPI document of the ${name} service failed`);
    const detail = `The ${name} service does not show its document at the moment.`;
    throw new ProblemError('upstream_unavailable', detail, {}, { 'retry-after': '2' });
  }
};

/** Problems that the gateway itself answers a forwarded call with; a service does not know of them. */
const upstreamProblems = Object.fromEntries(
  (['upstream_unavailable', 'upstream_timeout'] as const).map((code) => [
    errorCatalogue[code].status,
    {
      description: `\`${code}\`: ${errorCatalogue[code].title}`,
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    },
  ]),
);

/** The operations of a service, by the paths at which the gateway forwards them. */
const throughGateway = (prefix: string, { paths }: ServiceDocument): ServiceDocument['paths'] =>
  Object.fromEntries(
    Object.entries(paths).map(([path, operations]) => [
      `${prefix}${path}`,
      Object.fromEntries(
        Object.entries(operations).map(([method, found]) => [
          method,
          {
            ...found,
            // Operation ids have to be unique, and every service has this one.
            ...(found.operationId === 'getHealth' ? { operationId: `getHealthOf${prefix.replace('/', '-')}` } : {}),
            responses: { ...found.responses, ...upstreamProblems },
          },
        ]),
      ),
    ]),
  );

const union = <T>(records: Record<string, T>[]): Record<string, T> =>
  Object.fromEntries(records.flatMap((record) => Object.entries(record)));

/** What the merged document says of itself. */
export const about = {
  title: 'Live Order Monitoring',
  description:
    'Everything that the gateway answers: the users and the orders service, and tickets for the live stream. ' +
    'Log in, then give the `access_token` under *Authorize*. Every error has a stable `code`: ' +
    '[the catalogue](#errors) has them all.',
  tags: [{ name: 'live', description: 'Tickets for the live stream, and the health of the gateway' }],
};

/**
 * One document of the gateway's own calls and those of the services. A schema that several of them name is the same schema of
 * the contracts, so that one of each name is enough.
 */
export const mergeDocuments = (own: unknown, services: [prefix: string, document: ServiceDocument][]) => {
  const documents = services.map(([, document]) => document);
  const base = serviceDocument.parse(own);
  const tags = new Map([...documents, base].flatMap((one) => one.tags.map((tag) => [tag.name, tag])));
  return {
    ...base,
    servers: [{ url: '/' }],
    tags: [...tags.values()],
    paths: union([...services.map(([prefix, one]) => throughGateway(prefix, one)), base.paths]),
    components: {
      ...base.components,
      schemas: union([...documents, base].map((one) => one.components.schemas)),
    },
  };
};
