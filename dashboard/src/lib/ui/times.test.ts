import { describe, expect, it } from 'vitest';
import { describeDue, formatAge, formatDelay, formatSpan, formatStopwatch } from './times.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

describe('times', () => {
  it('says a span as people do', () => {
    expect([0, 2.9 * second, 59 * second, minute, 59.9 * minute, hour, 47 * hour, 48 * hour].map(formatSpan)).toEqual([
      '0 s',
      '2 s',
      '59 s',
      '1 min',
      '59 min',
      '1 h',
      '47 h',
      '2 d',
    ]);
  });

  it('says a delay to the millisecond as long as that is of interest', () => {
    expect([0, 41.4, 999, second, 2.94 * second, 9.99 * second, 17 * second, 5 * minute].map(formatDelay)).toEqual([
      '0 ms',
      '41 ms',
      '999 ms',
      '1.0 s',
      '2.9 s',
      '9.9 s',
      '17 s',
      '5 min',
    ]);
  });

  it('counts to the second where seconds matter', () => {
    expect(
      [-1, 7.9 * second, 12 * minute + 4 * second, hour + 2 * minute + 3 * second, 50 * hour].map(formatStopwatch),
    ).toEqual(['0:00', '0:07', '12:04', '1:02:03', '2 d']);
  });

  it('takes a time in the future, of a clock that is ahead, for now', () => {
    expect(formatAge(-5 * second)).toBe('just now');
    expect(formatAge(5 * minute)).toBe('5 min ago');
  });

  it('tells late from due', () => {
    const now = Date.parse('2026-03-14T12:00:00.000Z');
    expect(describeDue(null, now)).toBeNull();
    expect(describeDue('2026-03-14T12:05:00.000Z', now)).toEqual({ late: false, urgent: false, text: 'due in 5 min' });
    expect(describeDue('2026-03-14T12:00:30.000Z', now)).toEqual({ late: false, urgent: true, text: 'due in 0:30' });
    expect(describeDue('2026-03-14T11:48:00.000Z', now)).toEqual({ late: true, urgent: true, text: '12:00 late' });
  });
});
