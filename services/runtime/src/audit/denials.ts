import type { SecurityEvent, SecurityEventType } from '@live-orders/contracts/audit/security-events.ts';
import { placeOf } from '../http/place.ts';
import { pause } from '../process/backoff.ts';
import type { Log } from '../process/log.ts';
import type { Task } from '../process/run.ts';
import { logSecurityEvent, securityEvent, type Told } from './security-event.ts';

const minuteMs = 60_000;
/** How often events that could not be written are tried again. */
const retryMs = 1_000;
/** So many different events are told in a minute; the rest are counted by type. It bounds what a flood writes. */
const mostInMinute = 500;
/**
 * So many of them may come from one place; what it does beyond is counted by type for this place. Whoever fails to log in to
 * 500 accounts a minute would otherwise leave no name of anybody else's misdeeds, or of the own ones that follow.
 */
const mostOfPlace = 100;
/** Of so many events that wait to be written the youngest are kept, some 500 bytes each. */
const mostWaiting = 2_000;
const batchSize = 200;

interface Counted {
  last: SecurityEvent;
  /** How many came after the one that was told. */
  untold: number;
}

const placeIn = ({ address }: SecurityEvent): string => (address === null ? '' : placeOf(address));

/** Events that differ in nothing that an administrator would care for. */
const keyOf = (event: SecurityEvent): string => {
  const { type, actor_id, subject_id, details } = event;
  return JSON.stringify([type, actor_id, subject_id, placeIn(event), details]);
};

/** What is left of an event that stands for any of its type at its place. */
const ofPlace = (event: SecurityEvent): SecurityEvent => ({ ...event, actor_id: null, subject_id: null, details: {} });
/** What is left of one that stands for any of its type. */
const ofType = (event: SecurityEvent): SecurityEvent => ({
  ...ofPlace(event),
  address: null,
  user_agent: null,
  request_id: null,
});

/**
 * Tells of what was refused: in the log at once, and in the table of security events by `write`, soon after. No request waits
 * for that, so that a flood of wrong passwords does not wait for disks, and none fails for it: while `write` fails the events
 * are kept here, and those in the log are there anyway.
 *
 * Of equal events the first of a minute is told when it happens, and at the minute's end one more with the number of the others.
 */
export class Denials implements Task {
  readonly name = 'denials';
  readonly #log: Log;
  readonly #write: (events: SecurityEvent[]) => Promise<void>;
  readonly #minute = new Map<string, Counted>();
  /** How many different events of this minute came from each place. */
  readonly #places = new Map<string, number>();
  readonly #waiting: SecurityEvent[] = [];
  #lost = 0;
  #writing: Promise<void> | null = null;
  #isFailing = false;

  constructor(log: Log, write: (events: SecurityEvent[]) => Promise<void>) {
    this.#log = log;
    this.#write = write;
  }

  record<T extends SecurityEventType>(type: T, told: Told<T>): void {
    const event = securityEvent(type, told);
    const key = keyOf(event);
    const place = placeIn(event);
    const ofThisPlace = this.#places.get(place) ?? 0;
    if (this.#minute.has(key)) this.#count(event);
    else if (ofThisPlace >= mostOfPlace) this.#count(ofPlace(event));
    else if (this.#minute.size >= mostInMinute) this.#count(ofType(event));
    else {
      this.#places.set(place, ofThisPlace + 1);
      this.#minute.set(key, { last: event, untold: 0 });
      this.#tell(event);
    }
  }

  async run(signal: AbortSignal): Promise<void> {
    let endsAt = performance.now() + minuteMs;
    while (!signal.aborted) {
      await pause(retryMs, signal);
      if (performance.now() >= endsAt) {
        endsAt += minuteMs;
        this.endMinute();
      }
      await this.#flush();
    }
    this.endMinute();
    await this.#flush();
  }

  /** Tells how many more there were of what was told, and begins to count anew. */
  endMinute(): void {
    for (const { last, untold } of this.#minute.values()) if (untold > 0) this.#tell({ ...last, count: untold });
    this.#minute.clear();
    this.#places.clear();
    if (this.#lost > 0)
      this.#log.warn({ lost: this.#lost }, 'security events could not be kept; they are in the log alone');
    this.#lost = 0;
  }

  /** Counts an event that is told at the minute's end. */
  #count(event: SecurityEvent): void {
    const key = keyOf(event);
    this.#minute.set(key, { last: event, untold: (this.#minute.get(key)?.untold ?? 0) + 1 });
  }

  #tell(event: SecurityEvent): void {
    logSecurityEvent(this.#log, event);
    this.#waiting.push(event);
    this.#trim();
    if (!this.#isFailing) void this.#flush();
  }

  #trim(): void {
    this.#lost += this.#waiting.splice(0, this.#waiting.length - mostWaiting).length;
  }

  /** Never rejects. */
  #flush(): Promise<void> {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = null));
    return this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, batchSize);
      try {
        await this.#write(batch);
        this.#isFailing = false;
      } catch (error) {
        this.#waiting.unshift(...batch);
        this.#trim();
        if (!this.#isFailing) this.#log.warn({ err: error }, 'writing security events failed, trying again');
        this.#isFailing = true;
        return;
      }
    }
  }
}
