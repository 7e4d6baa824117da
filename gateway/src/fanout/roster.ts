import { type Audience, audienceOf, audiencesOf, type Delivery } from './audience.ts';
import { AudienceGroup } from './audience-group.ts';
import type { Client } from './client.ts';

/** Who is connected, by audience and by user. An audience has a group as long as one of its clients is here. */
export class Roster {
  readonly #groups = new Map<Audience, AudienceGroup>();
  /** Those that have something to send, or a client that is behind. */
  readonly #due = new Set<AudienceGroup>();
  readonly #perUser = new Map<string, number>();
  #size = 0;
  #skipped = 0;

  /** How many clients are connected. */
  get size(): number {
    return this.#size;
  }

  /** How many clients read too slowly at the moment. */
  get behind(): number {
    let behind = 0;
    for (const group of this.#due) behind += group.behind;
    return behind;
  }

  /** How many events clients were told to have missed, all together. */
  get skipped(): number {
    return this.#skipped;
  }

  /** Bytes that the slowest client has yet to take. */
  get largestBacklog(): number {
    let largest = 0;
    for (const client of this.clients()) largest = Math.max(largest, client.backlog());
    return largest;
  }

  /** How many connections a user has open. */
  connectionsOf(userId: string): number {
    return this.#perUser.get(userId) ?? 0;
  }

  /** A copy: clients may be added and removed while somebody goes through it. */
  clients(): Client[] {
    return [...this.groups()].flatMap((group) => [...group.clients()]);
  }

  groups(): Iterable<AudienceGroup> {
    return this.#groups.values();
  }

  /** The groups that have something to send, or a client that is behind, since this was asked last. */
  takeDue(): AudienceGroup[] {
    const due = [...this.#due];
    this.#due.clear();
    return due;
  }

  /** The groups of those whom a delivery is for. An event of one customer's order costs the same however many are here. */
  groupsOf(delivery: Delivery): Iterable<AudienceGroup> {
    const audiences = audiencesOf(delivery);
    if (audiences === 'everyone') return this.groups();
    return audiences.flatMap((audience) => this.#groups.get(audience) ?? []);
  }

  /** The group of a client's audience, if there is one; the client itself need not be in it. */
  groupFor({ identity }: Client): AudienceGroup | undefined {
    return this.#groups.get(audienceOf(identity));
  }

  has(client: Client): boolean {
    return this.groupFor(client)?.has(client) ?? false;
  }

  add(client: Client): void {
    const { id } = client.identity;
    (this.groupFor(client) ?? this.#openGroup(audienceOf(client.identity))).add(client);
    this.#size += 1;
    this.#perUser.set(id, this.connectionsOf(id) + 1);
  }

  /** Removes a client; nothing happens when it is not here any more. */
  remove(client: Client): void {
    const { identity } = client;
    const group = this.groupFor(client);
    if (!group?.remove(client)) return;
    this.#size -= 1;
    const left = this.connectionsOf(identity.id) - 1;
    if (left > 0) this.#perUser.set(identity.id, left);
    else this.#perUser.delete(identity.id);
    if (group.size > 0) return;
    this.#groups.delete(audienceOf(identity));
    this.#due.delete(group);
  }

  #openGroup(audience: Audience): AudienceGroup {
    const group: AudienceGroup = new AudienceGroup({
      onDue: () => this.#due.add(group),
      letGo: (client) => {
        client.close('slow');
        this.remove(client);
      },
      countSkipped: (count) => (this.#skipped += count),
    });
    this.#groups.set(audience, group);
    return group;
  }
}
