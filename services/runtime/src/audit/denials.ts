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
/** Of so many events that wait to be written the youngest are kept, some 500 bytes each. */
const mostWaiting = 2_000;
const batchSize = 200;

interface Counted {
  last: SecurityEvent;
  /** How many came after the one that was told. */
  untold: number;
}

/** Events that differ in nothing that an administrator would care for. */
const keyOf = ({ type, actor_id, subject_id, address, details }: SecurityEvent): string =>
  JSON.stringify([type, actor_id, subject_id, address === null ? null : placeOf(address), details]);

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
    const known = this.#minute.get(key);
    if (known) {
      known.last = event;
      known.untold += 1;
    } else if (this.#minute.size < mostInMinute) {
      this.#minute.set(key, { last: event, untold: 0 });
      this.#tell(event);
    } else {
      const untold = (this.#minute.get(type)?.untold ?? 0) + 1;
      const nobody = {
        actor_id: null,
        subject_id: null,
        address: null,
        user_agent: null,
        request_id: null,
        details: {},
      };
      this.#minute.set(type, { last: { ...event, ...nobody }, untold });
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
    if (this.#lost > 0)
      this.#log.warn({ lost: this.#lost }, 'security events could not be kept; they are in the log alone');
    this.#lost = 0;
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
