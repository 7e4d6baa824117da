import { callAsUser, passOn } from '#lib/server/forward.ts';
import type { RequestEvent } from './$types';

export const POST = async (event: RequestEvent) =>
  passOn(await callAsUser(event, '/live/ticket', { method: 'POST', limit: 5000 }));
