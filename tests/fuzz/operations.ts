import { type ErrorCode, errorCodes } from '@live-orders/contracts/rest/errors.ts';
import { role, type Role } from '@live-orders/contracts/domain/users.ts';
import { z } from 'zod';

const schema = z.looseObject({ enum: z.array(z.string()).optional(), format: z.string().optional() });
const parameter = z.object({ name: z.string(), in: z.string(), schema });
export type Parameter = z.infer<typeof parameter>;
const content = z.object({ 'application/json': z.object({ schema: z.object({ $ref: z.string().optional() }) }) });
const described = z.object({
  operationId: z.string(),
  security: z.array(z.object({ bearer: z.array(role).optional() })).optional(),
  parameters: z.array(parameter).default([]),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string() })),
});
const component = z.looseObject({
  example: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).default({}),
});
const document = z.object({
  paths: z.record(z.string(), z.record(z.string(), described)),
  components: z.object({ schemas: z.record(z.string(), component) }),
});

/** A call as the gateway's OpenAPI document describes it. */
export interface Operation {
  id: string;
  method: string;
  /** At the gateway: `/orders/api/orders/{id}`. */
  path: string;
  /** Which part answers it. */
  part: 'gateway' | 'users' | 'orders';
  /** Null where nobody has to be logged in. */
  roles: readonly Role[] | null;
  parameters: Parameter[];
  /** A body that is good, as JSON; null where none is wanted. */
  body: string | null;
  /** The members that the body may have. */
  members: Set<string>;
  statuses: Set<number>;
  codes: Set<ErrorCode>;
}

const codesIn = (text: string): ErrorCode[] => errorCodes.filter((code) => text.includes(`\`${code}\``));

/** The operations of the document, which is that of the gateway. */
export const readOperations = (fetched: unknown): Operation[] => {
  const { paths, components } = document.parse(fetched);
  const bodyOf = ({ requestBody }: z.infer<typeof described>) =>
    components.schemas[requestBody?.content['application/json'].schema.$ref?.split('/').at(-1) ?? ''];
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]): Operation => {
      const [, part] = /^\/(users|orders)\//.exec(`${path}/`) ?? [];
      const [first] = one.security ?? [];
      return {
        id: one.operationId,
        method: method.toUpperCase(),
        path,
        part: part === 'users' || part === 'orders' ? part : 'gateway',
        roles: first ? (first.bearer?.length ? first.bearer : role.options) : null,
        parameters: one.parameters,
        body: one.requestBody ? JSON.stringify(bodyOf(one)?.example ?? {}) : null,
        members: new Set(Object.keys(bodyOf(one)?.properties ?? {})),
        statuses: new Set(Object.keys(one.responses).map(Number)),
        codes: new Set(Object.values(one.responses).flatMap(({ description }) => codesIn(description))),
      };
    }),
  );
};
