import https from 'node:https';

const limitMs = 2_000;

/** Whose certificate an address shows does not matter: this asks whether somebody is there, and sends nothing. */
const httpsAnswers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const options = { agent: false, rejectUnauthorized: false, signal: AbortSignal.timeout(limitMs) };
    const request = https.get(url, options);
    request.on('response', (response) => {
      response.destroy();
      resolve(response.statusCode !== undefined && response.statusCode < 400);
    });
    request.on('error', () => resolve(false));
  });

/** Whether an http or https address answers within two seconds, and with a status below 400. */
export const httpAnswers = async (url: string): Promise<boolean> => {
  if (url.startsWith('https:')) return httpsAnswers(url);
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(limitMs), redirect: 'manual' });
    await response.body?.cancel();
    return response.status < 400;
  } catch (error) {
    // Node's fetch reports a refused connection as a TypeError, and the time-out as a TimeoutError.
    if (error instanceof TypeError || (error instanceof Error && error.name === 'TimeoutError')) return false;
    throw error;
  }
};
