import { Parser } from '@asyncapi/parser';
import { eventCatalogue, eventTypes } from '@live-orders/contracts/domain/events.ts';
import { aggregateNames, aggregates } from '@live-orders/contracts/domain/aggregates.ts';
import { deadLetterTopic } from '@live-orders/contracts/kafka/dead-letters.ts';
import { clientMessage } from '@live-orders/contracts/socket/client-messages.ts';
import { closeCodes } from '@live-orders/contracts/socket/close-codes.ts';
import { serverMessage } from '@live-orders/contracts/socket/messages.ts';
import { describe, expect, test } from 'vitest';
import { asyncApiDocument } from '../gateway/src/docs/asyncapi.ts';
import { asyncApi, AsyncApiChecker, messagesOf } from '@live-orders/test-support/asyncapi.ts';

const document = asyncApi.parse(JSON.parse(JSON.stringify(asyncApiDocument)));
const namesOf = (options: readonly { shape: { event: { value: string } } }[]) =>
  options.map(({ shape }) => shape.event.value);

describe('the AsyncAPI document', () => {
  test('is valid AsyncAPI 3', async () => {
    const { diagnostics } = await new Parser().parse(JSON.stringify(asyncApiDocument));
    // The parser recommends a later 3.x; we stay with 3.0, which more tools read.
    expect(diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version')).toEqual([]);
  });

  test('has every topic with every event type on it, headers and value, and the dead letters', () => {
    for (const aggregate of aggregateNames) {
      const expected = eventTypes.filter((type) => eventCatalogue[type].aggregate === aggregate);
      expect(messagesOf(document, aggregates[aggregate].topic)).toEqual(expected);
      for (const type of expected) {
        expect(document.components.schemas).toHaveProperty([type]);
        expect(document.components.schemas).toHaveProperty([`${type}.headers`, 'properties', 'ce_type', 'const'], type);
      }
    }
    expect(messagesOf(document, deadLetterTopic)).toEqual(['dead_letter']);
  });

  test('has every message of the socket and of server-sent events, and every close code', () => {
    const sent = namesOf(serverMessage.options);
    const taken = [...new Set(namesOf(clientMessage.options))];
    const overSocket = sent.filter((name) => name !== 'bye');
    expect(messagesOf(document, '/ws').sort()).toEqual([...overSocket, ...taken].sort());
    expect(messagesOf(document, '/live/events').sort()).toEqual(sent.sort());
    for (const name of [...sent, ...taken]) expect(document.components.schemas).toHaveProperty([name]);
    for (const [word, { code }] of Object.entries(closeCodes))
      expect(String(document.channels.live?.description)).toContain(`${code} \`${word}\``);
  });

  test('asks readers to take members that they don’t know, and refuses what lacks a member or has a wrong one', () => {
    const checker = new AsyncApiChecker(document);
    expect(checker.payload('pong', { event: 'pong', seq: 1, later: true })).toEqual([]);
    expect(checker.payload('pong', { event: 'pong' })).not.toEqual([]);
    expect(checker.payload('pong', { event: 'ping', seq: 1 })).not.toEqual([]);
    expect(checker.payload('new_order', { event: 'new_order', seq: 1, data: {} })).not.toEqual([]);
  });
});
