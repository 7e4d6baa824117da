import { describe, expect, test } from 'vitest';
import { weaknessOf } from './policy.ts';

const ada = { email: 'ada.lovelace@example.com', name: 'Ada Lovelace-Byron' };

describe('a password that is easy to guess', () => {
  test.each(['password', '12345678', 'Password123', 'PASSWORD', 'ｐａｓｓｗｏｒｄ', 'qwertyuiop'])(
    '%s is one of the common ones, however it is written',
    (password) => expect(weaknessOf(password, ada)).toMatch(/tried first/),
  );

  test.each(['aaaaaaaa', '        ', 'ababababab', '🐢🐢🐢🐢🐢🐢🐢🐢', 'é'.repeat(64)])(
    '%j repeats itself',
    (password) => expect(weaknessOf(password, ada)).toMatch(/repeats/),
  );

  test.each([
    'ada.lovelace@example.com',
    'Ada.Lovelace',
    'lovelace2026',
    'byron-lovelace-ada',
    'Live Order Monitoring',
    'liveorders!1',
  ])('%s is made of what others know', (password) => expect(weaknessOf(password, ada)).toMatch(/others know/));
});

test.each([
  'correct horse battery staple',
  'ada prefers engines to tea',
  'Зелёный чай без сахара',
  '一只乌龟慢慢地走过桥',
  'the password of a test',
  'x7#Kp2!q',
])('%s may be taken, whatever characters it has', (password) => expect(weaknessOf(password, ada)).toBeNull());
