import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { startPart } from '@live-orders/test-support/system/part.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import { spawnTied } from '@live-orders/local/process/tied-process.ts';
import { root } from '@live-orders/local/places.ts';
import { oldVersions, shakeHands, weakCiphers } from '@live-orders/test-support/clients/handshake.ts';
import { test } from '@live-orders/test-support/fixtures/test.ts';
import type { System } from '@live-orders/test-support/system/system.ts';
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { WebSocket } from 'ws';

const folder = mkdtempSync(join(tmpdir(), 'live-orders-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate that signs itself, for 127.0.0.1, with its key; the paths of both. */
const makeCertificate = (name: string) => {
  const paths = { TLS_CERT: join(folder, `${name}.pem`), TLS_KEY: join(folder, `${name}.key`) };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', paths.TLS_KEY];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...key, '-out', paths.TLS_CERT, '-days', '2', ...subject], {
    stdio: 'pipe',
  });
  return paths;
};

let files: ReturnType<typeof makeCertificate>;
let ca: string;

beforeAll(() => {
  files = makeCertificate('own');
  ca = readFileSync(files.TLS_CERT, 'utf8');
});

/** A gateway of its own, with these settings; what it has written so far, and how to end it. */
const startGateway = (system: System, port: number, settings: Record<string, string>) => {
  const lines: string[] = [];
  const own = { HOST: '127.0.0.1', PORT: String(port), OPS_PORT: '0', ...system.addresses, ...settings };
  const gateway = spawnTied(process.execPath, ['src/main.ts'], {
    cwd: join(root, 'gateway'),
    env: { ...process.env, ...system.territory.env, ...own },
    output: (line) => lines.push(line),
  });
  return { gateway, lines };
};

const get = async (url: string) => {
  const asked = request(url, { ca, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
};

test('with a certificate the gateway speaks https, and its socket wss', async ({ shop }) => {
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const env = { ...shop.system.territory.env, ...shop.system.addresses, ...files };
  // As \`npm start\` does, which waits for the gateway's answer and knows nothing of who signed the certificate.
  const gateway = await startPart({ name: 'gateway', port, env, onLine: () => undefined });
  try {
    const ready = async () => expect((await get(`${url}/ready`)).status).toBe(204);
    await vi.waitFor(ready, { timeout: 60_000, interval: 100 });
    const products = await get(`${url}/orders/api`);
    expect(products).toMatchObject({ status: 200 });
    expect(products.headers['strict-transport-security']).toBe('max-age=31536000; includeSubDomains');
    expect(await fetch(url.replace('https', 'http')).catch(() => 'no http here')).toBe('no http here');

    expect(await shakeHands(port, { ca, servername: '' })).toBe('TLSv1.3');
    expect(await shakeHands(port, { ca, servername: '', maxVersion: 'TLSv1.2' })).toBe('TLSv1.2');
    expect(await shakeHands(port, { ...oldVersions, ca })).toMatch(/PROTOCOL_VERSION$/);
    expect(await shakeHands(port, { ...weakCiphers, ca })).toMatch(/HANDSHAKE_FAILURE$/);

    const authorization = `Bearer ${shop.staff.session?.access_token ?? ''}`;
    const socket = new WebSocket(`${url.replace('https', 'wss')}/ws`, { ca, headers: { authorization } });
    const [welcome] = (await once(socket, 'message')) as [Buffer];
    expect(welcome.toString()).toContain('"event":"welcome"');
    socket.close();
    await once(socket, 'close');
  } finally {
    await gateway.stop();
    expect(await gateway.exited).toMatchObject({ code: 0 });
  }
});

test.for([
  ['a file that is not there', () => ({ ...files, TLS_KEY: join(folder, 'nowhere') }), /TLS_KEY: ENOENT/],
  ['a certificate without its key', () => ({ TLS_CERT: files.TLS_CERT }), /TLS_CERT and TLS_KEY/],
  [
    'the key of another certificate',
    () => ({ ...files, TLS_KEY: makeCertificate('other').TLS_KEY }),
    /TLS_CERT: .*key/,
  ],
] as const)('%s stops the start with one line that says so', async ([, settings, reason], { shop }) => {
  const { gateway, lines } = startGateway(shop.system, await freePort(), settings());
  expect(await gateway.exited).toMatchObject({ code: 1 });
  expect(lines).toEqual([expect.stringMatching(reason)]);
});
