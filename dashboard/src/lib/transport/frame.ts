import { serverMessage, type ServerMessage } from '@live-orders/contracts/socket/messages.ts';

const knownEvents: ReadonlySet<string> = new Set(serverMessage.options.map((option) => option.shape.event.value));

const eventOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'event' in value ? value.event : undefined;

/**
 * Reads one text frame: a JSON array of messages. Events that this client doesn't know are left out, as the protocol
 * asks; null means that the frame breaks the protocol.
 */
export function readFrame(text: unknown): ServerMessage[] | null {
  if (typeof text !== 'string') return null;
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Array.isArray(values)) return null;
  const messages: ServerMessage[] = [];
  for (const value of values) {
    const event = eventOf(value);
    if (typeof event !== 'string') return null;
    if (!knownEvents.has(event)) continue;
    const parsed = serverMessage.safeParse(value);
    if (!parsed.success) return null;
    messages.push(parsed.data);
  }
  return messages;
}
