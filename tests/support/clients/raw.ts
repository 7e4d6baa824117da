import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes to the server at `url` as they are, and gives what comes back until it closes. */
export const sendRaw = async (url: string, text: string): Promise<string> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let answer = '';
  socket.on('data', (data: Buffer) => (answer += data.toString()));
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
};
