import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { root } from '@live-orders/local/places.ts';
import { Daemon } from '@live-orders/local/process/daemon.ts';
import { freePort } from '@live-orders/local/process/ports.ts';
import type { Program, ProxyName } from './programs.ts';

/** Where the proxies of a test stand: in a folder of theirs, with one certificate for `localhost`, before one gateway. */
export interface Site {
  folder: string;
  /** PEM files. */
  certificate: string;
  key: string;
  /** The address of the gateway without its scheme. */
  gateway: string;
}

/** A certificate for `localhost` that signs itself, in files of this folder. */
export const makeCertificate = (folder: string): Pick<Site, 'certificate' | 'key'> => {
  const [certificate, key] = [join(folder, 'localhost.pem'), join(folder, 'localhost.key')];
  const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  execFileSync('openssl', ['req', '-x509', ...kind, ...subject, ...files, '-days', '2'], { stdio: 'pipe' });
  return { certificate, key };
};

interface Ports {
  http: number;
  https: number;
}

interface Example {
  file: string;
  /** What an operator would change, and what lets several run on one machine as any user. */
  fill: (site: Site, ports: Ports) => readonly (readonly [text: string, replacement: string])[];
  args: (config: string, site: Site) => string[];
}

const host = 'orders.example.com';

const examples: Readonly<Record<ProxyName, Example>> = {
  nginx: {
    file: 'nginx.conf',
    fill: ({ folder, certificate, key, gateway }, ports) => [
      [`/etc/nginx/${host}.pem`, certificate],
      [`/etc/nginx/${host}.key`, key],
      [host, 'localhost'],
      ['127.0.0.1:3000', gateway],
      ['listen 80', `listen 127.0.0.1:${ports.http}`],
      ['listen 443', `listen 127.0.0.1:${ports.https}`],
      ['server_tokens off;', ['access_log off', 'server_tokens off', ...temporary(folder)].join(';\n') + ';'],
    ],
    args: (config, { folder }) => [
      ...['-p', folder, '-c', config, '-e', 'stderr'],
      ...['-g', `daemon off; pid ${join(folder, 'nginx.pid')};`],
    ],
  },
  haproxy: {
    file: 'haproxy.cfg',
    fill: ({ folder, certificate, key, gateway }, ports) => {
      const both = join(folder, 'both.pem');
      writeFileSync(both, readFileSync(certificate, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 });
      return [
        ['maxconn 16000', 'maxconn 500'],
        [`/etc/haproxy/${host}.pem`, both],
        [host, 'localhost'],
        ['127.0.0.1:3000', gateway],
        ['bind :80', `bind 127.0.0.1:${ports.http}`],
        ['bind :443', `bind 127.0.0.1:${ports.https}`],
      ];
    },
    args: (config) => ['-db', '-f', config],
  },
  caddy: {
    file: 'Caddyfile',
    fill: ({ folder, certificate, key, gateway }, ports) => [
      [`/etc/caddy/${host}.pem`, certificate],
      [`/etc/caddy/${host}.key`, key],
      [host, 'localhost'],
      ['127.0.0.1:3000', gateway],
      ['http_port 80', `http_port ${ports.http}\nadmin unix/${join(folder, 'caddy.sock')}`],
      ['https_port 443', `https_port ${ports.https}\ndefault_bind 127.0.0.1`],
    ],
    args: (config) => ['run', '--config', config, '--adapter', 'caddyfile'],
  },
};

/** Where nginx keeps bodies for a while. By default that is a folder that only an installation makes. */
const temporary = (folder: string): string[] =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${join(folder, kind)}`);

/** The example with all of that filled in. Throws where it does not have a text that should be replaced. */
const fillIn = ({ file, fill }: Example, site: Site, ports: Ports): string => {
  let text = readFileSync(join(root, 'deploy', 'proxy', file), 'utf8');
  for (const [from, to] of fill(site, ports)) {
    if (!text.includes(from)) throw new Error(`deploy/proxy/${file} has no “${from}”`);
    text = text.replaceAll(from, to);
  }
  return text;
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** A proxy that runs, with the example of deploy/proxy as its configuration. */
export interface Proxy {
  name: ProxyName;
  ports: Ports;
  stop: () => Promise<unknown>;
}

/** Starts a proxy; resolves when it listens. Rejects with what it said when it does not come to that. */
export const startProxy = async (name: ProxyName, program: Program, site: Site): Promise<Proxy> => {
  const ports = { http: await freePort(), https: await freePort() };
  const example = examples[name];
  const config = join(site.folder, example.file);
  writeFileSync(config, fillIn(example, site, ports));
  const lines: string[] = [];
  const daemon = new Daemon({
    name,
    port: ports.https,
    command: program.command,
    args: example.args(config, site),
    cwd: site.folder,
    env: {
      ...process.env,
      ...program.env,
      HOME: site.folder,
      XDG_DATA_HOME: site.folder,
      XDG_CONFIG_HOME: site.folder,
    },
    output: (line) => lines.push(line),
    answers: () => listens(ports.https),
    patience: 20_000,
  });
  try {
    await daemon.start();
  } catch (error) {
    throw new Error(`${name} with ${config} does not start:\n${lines.slice(-20).join('\n')}`, { cause: error });
  }
  return { name, ports, stop: () => daemon.stop() };
};
