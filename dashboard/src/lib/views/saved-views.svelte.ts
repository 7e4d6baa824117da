import { membersOf } from '@live-orders/contracts/rest/errors.ts';
import {
  savedView,
  type SavedView,
  type SavedViewChange,
  type SavedViewCreation,
  savedViewPage,
} from '@live-orders/contracts/rest/views.ts';
import { toast } from 'svelte-sonner';
import { z } from 'zod';
import { SessionEndedError } from '../live/state.ts';
import { ApiError, callApi } from '../session/api.ts';
import { leaveForLogin } from '../session/login.ts';

const path = 'orders/api/views';
/** Milliseconds for which a deleted view can be brought back. */
const undoMs = 15_000;

/** What a name is asked for: the query of an address that is to be kept, or a view that is to be called otherwise. */
export type Asked = { kind: 'save'; search: string } | { kind: 'rename'; view: SavedView };

/** Why a call failed, as a sentence; leaves for the login where the session has ended. */
function explain(error: unknown): string {
  if (error instanceof SessionEndedError) leaveForLogin();
  if (!(error instanceof ApiError)) return 'Something unexpected happened in this page.';
  const [wrong] = membersOf('validation_failed', error.problem)?.errors ?? [];
  return wrong ? `The ${wrong.path === 'name' ? 'name' : 'view'} ${wrong.message}.` : error.message;
}

/** The views that the user keeps. They are read each time they are looked at, because another device may have changed them. */
export class SavedViews {
  all = $state.raw<readonly SavedView[] | null>(null);
  /** Why they could not be read last, as a sentence. */
  failure = $state<string | null>(null);

  async read(): Promise<void> {
    try {
      this.all = (await callApi(savedViewPage, path)).data;
      this.failure = null;
    } catch (error) {
      this.failure = explain(error);
    }
  }

  /** Keeps a view. Gives what went wrong as a sentence, and whether it was that the name is taken. */
  save(body: SavedViewCreation): Promise<{ failure: string; isTaken: boolean } | null> {
    return this.#write(() => callApi(savedView, path, { method: 'POST', body }));
  }

  /** As `save`. */
  change({ id }: SavedView, body: SavedViewChange): Promise<{ failure: string; isTaken: boolean } | null> {
    return this.#write(() => callApi(savedView, `${path}/${id}`, { method: 'PATCH', body }));
  }

  async remove(view: SavedView): Promise<void> {
    const failed = await this.#write(() => callApi(z.null(), `${path}/${view.id}`, { method: 'DELETE' }));
    if (failed) {
      toast.error(`“${view.name}” was not deleted`, { description: failed.failure });
      return;
    }
    const action = { label: 'Undo', onClick: () => void this.#restore(view) };
    toast.success(`“${view.name}” deleted`, { action, duration: undoMs });
  }

  async #restore({ name, search }: SavedView): Promise<void> {
    const failed = await this.save({ name, search });
    if (failed) toast.error(`“${name}” was not brought back`, { description: failed.failure });
    else toast.success(`“${name}” is back`);
  }

  async #write(work: () => Promise<unknown>): Promise<{ failure: string; isTaken: boolean } | null> {
    try {
      await work();
    } catch (error) {
      const isTaken = error instanceof ApiError && error.problem?.code === 'view_name_taken';
      return { failure: explain(error), isTaken };
    }
    await this.read();
    return null;
  }
}
