import { setTimeout as delay } from 'node:timers/promises';
import type { Instance } from '../rig/instance.ts';
import type { Laboratory } from '../rig/laboratory.ts';
import type { TopicReader } from '../verdict/topic-reader.ts';
import type { Viewer } from '../actors/viewer.ts';

/** What a fault can act on. */
export interface Scene {
  laboratory: Laboratory;
  viewers: readonly Viewer[];
  reader: TopicReader;
  /** Numbers in [0, 1) from the seed. */
  random: () => number;
}

/** Ends a fault and restores what it changed. */
export type Heal = () => Promise<void>;

export interface Fault {
  name: string;
  /** What it breaks: two faults that touch the same are not combined. */
  touches: readonly string[];
  /** It writes records into Kafka a second time, which counts as a violation in other rounds. */
  repeats?: true;
  /** Why it cannot be tried here; by default it can. */
  missing?: (laboratory: Laboratory) => string | null;
  /** Resolves once it has begun, to what ends it. */
  begin: (scene: Scene) => Promise<Heal>;
}

export const pick = <T>(list: readonly T[], random: () => number): T => {
  const chosen = list[Math.floor(random() * list.length)];
  if (chosen === undefined) throw new RangeError('there is nothing to choose from');
  return chosen;
};

/** Lets the keeper start an instance again, and waits until it answers. */
export const release = async (instance: Instance): Promise<void> => {
  instance.held = false;
  await instance.running();
};

/** The orders instance that leads the outbox, as its metrics say; null when none does. */
export const relayLeader = async (laboratory: Laboratory): Promise<Instance | null> => {
  for (const instance of laboratory.all('orders')) {
    const text = await fetch(`${instance.operationsUrl}/metrics`, { signal: AbortSignal.timeout(1_000) }).then(
      (answer) => answer.text(),
      () => '',
    );
    if (/^outbox_leading\b.* 1$/m.test(text)) return instance;
  }
  return null;
};

/** Polls until `holds` is true; rejects with `what` after `ms`. */
export const until = async (what: string, holds: () => Promise<boolean>, ms = 60_000): Promise<void> => {
  const deadline = Date.now() + ms;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms / 1000} s: ${what}`);
    await delay(50);
  }
};
