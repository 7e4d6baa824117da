import { role, type Role } from '@live-orders/contracts/domain/users.ts';
import { exchange } from '@live-orders/test-support/clients/raw.ts';
import { Random } from '@live-orders/test-support/random.ts';
import type { System } from '@live-orders/test-support/system/system.ts';
import type { Callers } from './callers.ts';
import { oddities, type OddityName, oddityNames } from './oddities/oddities.ts';
import { type Operation, readOperations } from './operations.ts';
import { type KnownIds, type Request, requestOf, setHeader, toBytes } from './requests.ts';
import { faultOf } from './verdict.ts';

interface WireAttackOptions {
  system: System;
  /** With whose tokens requests are sent, beside those without any. */
  callers: Callers;
  known: KnownIds;
  /** How often each thing is spoilt on each operation, for each role and by each way. */
  examples: number;
  seed: number;
  say: (line: string) => void;
}

/** One of the servers that requests are sent to. */
interface Way {
  name: string;
  url: string;
  /** What paths have less here than at the gateway. */
  prefix: string;
  operations: Operation[];
}

interface Round {
  way: Way;
  held: Role | null;
  oddity: OddityName;
}

/** Would end the session with which the fuzzer calls. */
const without = new Set(['logout']);
/** After so many distinct findings there is enough to mend. */
const mostFindings = 40;

/** The gateway with all operations, and each service with its own. */
const waysOf = (system: System, operations: Operation[]): Way[] => [
  { name: 'through the gateway', url: system.gatewayUrl, prefix: '', operations },
  ...(['users', 'orders'] as const).map((part) => ({
    name: `at ${part} itself`,
    url: `http://127.0.0.1:${system.part(part).port}`,
    prefix: `/${part}`,
    operations: operations.filter((one) => one.part === part),
  })),
];

/**
 * Sends requests that are spoilt in one thing each, as bytes, to the gateway and to the services themselves, with the token of
 * each role and without one. After each it asks whether every part still answers.
 */
export class WireAttack {
  readonly #options: WireAttackOptions;
  readonly #pids: Map<string, number | undefined>;
  /** What was sent and what was wrong with what came back, by what tells findings from each other. */
  readonly #findings = new Map<string, string>();
  #broken = false;

  constructor(options: WireAttackOptions) {
    this.#options = options;
    this.#pids = new Map([...options.system.parts].map(([name, { pid }]) => [name, pid]));
  }

  /** All rounds, or those until a part no longer answers; what was not as documented. */
  async run(): Promise<string[]> {
    const { system, say, examples } = this.#options;
    const fetched: unknown = await (await fetch(`${system.gatewayUrl}/docs/openapi.json`)).json();
    const operations = readOperations(fetched).filter(({ id }) => !without.has(id));
    for (const way of waysOf(system, operations))
      for (const held of [null, ...role.options])
        for (const oddity of oddityNames) {
          if (this.#broken || this.#findings.size >= mostFindings) break;
          await this.#round({ way, held, oddity });
          say(`${way.name}, ${held ?? 'nobody'}, spoilt ${oddity}: ${way.operations.length * examples} requests`);
        }
    return [...this.#findings.values()];
  }

  async #round(round: Round): Promise<void> {
    const { callers, seed, examples, known } = this.#options;
    const { way, held, oddity } = round;
    // Each begins with a new token and draws of its own: one lives for minutes, and a round can be had again by itself.
    const session = held === null ? null : (await callers.as(held)).session;
    const random = new Random(seed + 1_000 * oddityNames.indexOf(oddity) + (held?.length ?? 0));
    for (const operation of way.operations)
      for (let count = 0; count < examples && !this.#broken; count += 1) {
        const request = requestOf(operation, way.prefix, known, random);
        if (session) setHeader(request, 'Authorization', `Bearer ${session.access_token}`);
        oddities[oddity](request, operation, random);
        await this.#try(round, operation, request);
      }
  }

  async #try(round: Round, operation: Operation, request: Request): Promise<void> {
    const { system, say } = this.#options;
    const bytes = toBytes(request);
    const linesBefore = system.lines.length;
    const ask = (idleMs: number): Promise<string | null> =>
      exchange(round.way.url, bytes, idleMs)
        .then((received) => faultOf(received, { request, operation, held: round.held }, round.way.operations))
        .catch(String);
    const first = await ask(300);
    // A busy machine may take longer than that for an answer, and has none for a client that has gone.
    const fault = first === 'no answer' ? await ask(5_000) : first;
    const silent = await this.#silent();
    this.#broken = silent.length > 0;
    const logged = system.lines.slice(linesBefore).filter((line) => /"level":(50|60)/.test(line));
    const faults = [fault ?? [], silent, logged].flat().join('; ');
    if (faults === '') return;
    const where = `${round.way.name} as ${round.held ?? 'nobody'}, spoilt ${round.oddity}`;
    const text = bytes.toString('latin1').replace(/Bearer ey\S+/, 'Bearer …');
    const finding = `${operation.id} ${where}: ${faults}\n  ${JSON.stringify(text.slice(0, 1_500))}`;
    const key = `${operation.part} ${where} ${faults.slice(0, 100)}`;
    if (!this.#findings.has(key)) say(`✗ ${finding}`);
    this.#findings.set(key, finding);
  }

  /** Which parts do not answer, or are other processes than before. */
  async #silent(): Promise<string[]> {
    const { system } = this.#options;
    const direct = (['users', 'orders'] as const).map((name) => `http://127.0.0.1:${system.part(name).port}/api`);
    const urls = [...direct, ...['/users/api', '/orders/api', '/ready'].map((path) => system.gatewayUrl + path)];
    const answers = await Promise.all(
      urls.map(async (url) => {
        const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => null);
        await answer?.arrayBuffer();
        return answer?.ok ? [] : [`${url} answers ${answer?.status ?? 'nothing'}`];
      }),
    );
    const ended = [...system.parts].filter(([name, { pid }]) => pid !== this.#pids.get(name));
    return [...answers.flat(), ...ended.map(([name]) => `${name} has ended`)];
  }
}
