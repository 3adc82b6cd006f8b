import { describe, expect, it } from 'vitest';
import { strftime } from '../../lib/prompt/strftime.js';

describe('strftime', () => {
  // Right-hand sides as CPython's datetime.strftime gives them.
  it.each([
    [new Date(2024, 6, 6, 15, 4, 5), '06 Jul 2024|Saturday Sat July 24|07 188|15 03 PM 04 05| 6 6 7|100%|%Q'],
    [new Date(2023, 11, 31, 0, 59, 59), '31 Dec 2023|Sunday Sun December 23|12 365|00 12 AM 59 59|31 31 12|100%|%Q'],
    [new Date(2025, 0, 1, 12, 0, 0), '01 Jan 2025|Wednesday Wed January 25|01 001|12 12 PM 00 00| 1 1 1|100%|%Q'],
  ])('writes %s as Python does', (date, expected) => {
    const format = '%d %b %Y|%A %a %B %y|%m %j|%H %I %p %M %S|%e %-d %-m|100%%|%Q';
    expect(strftime(date, format)).toBe(expected);
  });
});
