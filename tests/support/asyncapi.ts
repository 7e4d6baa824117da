import { Ajv } from 'ajv';
import { z } from 'zod';

const named = z.record(z.string(), z.looseObject({}));
const reference = z.object({ $ref: z.string() });
const message = z.looseObject({ payload: z.looseObject({}), headers: reference.optional() });

/** What tests look at of the AsyncAPI document. */
export const asyncApi = z.looseObject({
  channels: z.record(z.string(), z.looseObject({ address: z.string(), messages: z.record(z.string(), reference) })),
  components: z.looseObject({ messages: z.record(z.string(), message), schemas: named }),
});
export type AsyncApi = z.infer<typeof asyncApi>;

/** The names of the messages of a channel, given by its address. */
export const messagesOf = ({ channels }: AsyncApi, address: string): string[] =>
  Object.keys(Object.values(channels).find((channel) => channel.address === address)?.messages ?? {});

/** Checks values against the document's own schemas; an answer lists what is wrong, and is empty when nothing is. */
export class AsyncApiChecker {
  readonly #ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: {
      uuid: /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/,
      'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/,
    },
  });

  constructor({ components }: AsyncApi) {
    this.#ajv.addSchema({ $id: 'document', components });
  }

  payload(name: string, value: unknown): string[] {
    return this.#check(`document#/components/schemas/${name}`, value);
  }

  headers(name: string, value: unknown): string[] {
    return this.#check(`document#/components/schemas/${name}.headers`, value);
  }

  #check($ref: string, value: unknown): string[] {
    const validate = this.#ajv.compile({ $ref });
    return validate(value)
      ? []
      : (validate.errors ?? []).map(({ instancePath, message: what }) => `${instancePath} ${what}`);
  }
}
