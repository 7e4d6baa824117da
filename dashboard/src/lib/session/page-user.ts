import { pageUserHeader } from '@live-orders/contracts/change-headers.ts';
import { z } from 'zod';
import { keep, readKept } from '../ui/kept.ts';

/** The user that this page was made for, whoever is logged in in this browser by now. Of browsers only: a page has one. */
let pageUser: string | null = null;

/** What tells the server for whom a call is made. */
export const pageUserHeaders = (): Record<string, string> => (pageUser === null ? {} : { [pageUserHeader]: pageUser });

/**
 * Makes this page one of a user: its calls say so, and other tabs of this browser are told. Gives what ends that. `left` is
 * called when another tab is another user's, because this browser has one session for all its tabs.
 */
export const belongTo = (userId: string, left: () => void): (() => void) => {
  pageUser = userId;
  const tabs = new BroadcastChannel('live-orders:user');
  tabs.addEventListener('message', ({ data }) => {
    if (data !== userId) left();
  });
  tabs.postMessage(userId);
  return () => {
    pageUser = null;
    tabs.close();
  };
};

const leftMark = 'live-orders:left';

/** Remembers for the next page of this tab whose page this one was. */
export const markLeft = (): void => {
  if (pageUser !== null) keep('sessionStorage', leftMark, pageUser);
};

/** The id of the user whose page in this tab ended by itself right before this one; null for another beginning. */
export const takeLeft = (): string | null => {
  const userId = readKept('sessionStorage', leftMark, z.string());
  keep('sessionStorage', leftMark, null);
  return userId;
};
