import { type Audience, audienceOf } from './audience.ts';
import { AudienceGroup } from './audience-group.ts';
import type { Client } from './client.ts';

/** Who is connected, by audience and by user. An audience has a group as long as one of its clients is here. */
export class Roster {
  readonly #groups = new Map<Audience, AudienceGroup>();
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
    for (const group of this.groups()) behind += group.behind;
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
    if (group.size === 0) this.#groups.delete(audienceOf(identity));
  }

  #openGroup(audience: Audience): AudienceGroup {
    const group = new AudienceGroup({
      audience,
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
