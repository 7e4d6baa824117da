import { setTimeout as delay } from 'node:timers/promises';
import type { FaultProxy } from '../rig/fault-proxy.ts';
import { type Fault, type Heal, pick, type Scene } from './fault.ts';
import type { Links } from '../rig/laboratory.ts';

const healed =
  (links: readonly FaultProxy[]): Heal =>
  async () => {
    for (const link of links) link.heal();
  };

/** Each way to harm a wire, with what undoes it. */
const harms: Record<string, (links: readonly FaultProxy[], random: () => number) => Promise<Heal>> = {
  async 'slow to answer'(links, random) {
    for (const link of links) link.set({ latency: 100 + random() * 400 });
    return healed(links);
  },
  async 'a trickle'(links, random) {
    for (const link of links) link.set({ bytesPerSecond: 2_000 + random() * 6_000 });
    return healed(links);
  },
  async 'in slices'(links, random) {
    for (const link of links) link.set({ slice: 1 + Math.floor(random() * 40), latency: 1 });
    return healed(links);
  },
  async 'a black hole'(links) {
    for (const link of links) link.set({ silent: ['up', 'down'] });
    return healed(links);
  },
  async 'half open'(links, random) {
    for (const link of links) link.set({ silent: [random() < 0.5 ? 'up' : 'down'] });
    return healed(links);
  },
  async reset(links, random) {
    for (let times = 0; times < 3; times += 1) {
      for (const link of links) link.reset();
      await delay(random() * 500);
    }
    return healed(links);
  },
};

/** The wires of each kind: what they are called, and which of them one fault takes. */
const kinds: { name: keyof Links; called: string; several: boolean }[] = [
  { name: 'postgres', called: 'services → PostgreSQL', several: false },
  { name: 'kafkaOfServices', called: 'services → Kafka', several: false },
  { name: 'kafkaOfBridges', called: 'bridges → Kafka', several: false },
  { name: 'redisOfBridges', called: 'bridges → Redis', several: false },
  { name: 'redisOfGateways', called: 'gateways → Redis', several: false },
  { name: 'services', called: 'gateways → services', several: false },
  { name: 'clients', called: 'clients → gateways', several: true },
];

/** One wire of its kind, or each for itself with an even chance where there are several clients. */
const choose = (links: readonly FaultProxy[], several: boolean, random: () => number): readonly FaultProxy[] => {
  const chosen = several ? links.filter(() => random() < 0.5) : [];
  return chosen.length > 0 ? chosen : [pick(links, random)];
};

export const linkFaults: readonly Fault[] = kinds.flatMap(({ name, called, several }) =>
  Object.entries(harms).map(([harm, begin]): Fault => ({
    name: `${called}: ${harm}`,
    touches: [`wire ${name}`],
    begin: ({ laboratory, random }: Scene) => begin(choose(laboratory.links[name], several, random), random),
  })),
);
