import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';

/** What no server of today takes part in: TLS before 1.2, and ciphers of 1.2 without forward secrecy or authentication. */
export const oldVersions = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
export const weakCiphers = { maxVersion: 'TLSv1.2', ciphers: 'AES:!AESGCM:@SECLEVEL=0' } as const;

/** Opens TLS to a port of this machine, and ends it; the version agreed upon, or the code of the error. */
export const shakeHands = async (port: number, options: ConnectionOptions): Promise<string> => {
  const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ...options });
  const shaken = once(socket, 'secureConnect').then(() => socket.getProtocol() ?? '');
  return shaken
    .catch((error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)))
    .finally(() => socket.destroy());
};
