import http from 'node:http';
import https from 'node:https';

/**
 * Whether an http or https address answers within two seconds, and with a status below 400. Whose certificate it shows does
 * not matter: this asks whether somebody is there, and sends nothing.
 */
export const httpAnswers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const options = { agent: false, signal: AbortSignal.timeout(2_000) };
    const request = url.startsWith('https:')
      ? https.get(url, { ...options, rejectUnauthorized: false })
      : http.get(url, options);
    request.on('response', (response) => {
      response.destroy();
      resolve(response.statusCode !== undefined && response.statusCode < 400);
    });
    request.on('error', () => resolve(false));
  });
