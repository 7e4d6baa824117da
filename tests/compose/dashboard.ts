import { must } from './checks.ts';

/** The dashboard's login page answers and lets the browser reach the stream at `socket`, by either way; returns the page. */
export const readLoginPage = async (dashboard: string, socket: string): Promise<string> => {
  const answer = await fetch(`${dashboard}/login`);
  const page = await answer.text();
  must(answer.ok && page.includes('<form'), `/login answered ${answer.status}: ${page.slice(0, 300)}`);
  const policy = answer.headers.get('content-security-policy') ?? '';
  const allowed = /connect-src ([^;]*)/.exec(policy)?.[1]?.split(' ') ?? [];
  for (const source of [socket, socket.replace(/^ws/, 'http')])
    must(allowed.includes(source), `the page may not open ${source}: ${policy}`);
  const [script] = /\/_app\/[\w./-]+\.js/.exec(page) ?? [];
  must(script !== undefined, 'the login page has no script');
  const { status } = await fetch(`${dashboard}${script}`);
  must(status === 200, `${script} answered ${status}`);
  return page;
};

/** Logs in as a person would, by the form, and returns the page of orders. */
export const logInByForm = async (dashboard: string, email: string, password: string): Promise<string> => {
  const login = await fetch(`${dashboard}/login`, {
    method: 'POST',
    body: new URLSearchParams({ email, password }),
    headers: { accept: 'text/html', origin: new URL(dashboard).origin },
    redirect: 'manual',
  });
  must(login.status === 303, `the login form answered ${login.status}: ${(await login.text()).slice(0, 300)}`);
  const cookie = login.headers.getSetCookie().map((one) => one.split(';')[0]);
  const board = await fetch(`${dashboard}/`, { headers: { cookie: cookie.join('; ') }, redirect: 'manual' });
  const page = await board.text();
  must(board.status === 200, `the board answered ${board.status}: ${page.slice(0, 300)}`);
  return page;
};
