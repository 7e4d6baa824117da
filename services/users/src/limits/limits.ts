import type { Log } from '@live-orders/runtime/process/log.ts';
import { Budget, type Counters } from './budget.ts';
import { LoginGuard } from './login-guard.ts';
import { RefreshGuard } from './refresh-guard.ts';

/** What callers may ask of accounts and sessions. */
export interface Limits {
  logins: LoginGuard;
  refreshes: RefreshGuard;
  /** By place. Many people may share one address (an office), so this only stops floods. */
  registrations: Budget;
  /** By user: each change is an event in the log, which others read on from when they come back. */
  profileChanges: Budget;
  /** By user: wrong guesses at the own password, by whoever has taken over a session. */
  ownPassword: Budget;
}

export const createLimits = (counters: Counters, log: Log): Limits => ({
  logins: new LoginGuard(counters, log),
  refreshes: new RefreshGuard(counters),
  registrations: new Budget(counters, { name: 'register', points: 60, seconds: 60 }),
  profileChanges: new Budget(counters, { name: 'profile', points: 60, seconds: 300 }),
  ownPassword: new Budget(counters, { name: 'password', points: 10, seconds: 300 }),
});
