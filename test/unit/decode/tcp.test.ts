import { describe, expect, it } from 'vitest';
import { windowScale } from '../../../main/decode/tcp.ts';
import { bytes, tcp } from './frames.ts';

describe('windowScale', () => {
  it.each([
    ['as Linux sends it', '020405b4 0402 080a 0000000100000000 01 030307', 7],
    ['0', '01030300', 0],
    ['above 14 is read as 14 (RFC 7323 section 2.3)', '0103030f', 14],
    ['none', '020405b4', -1],
    ['behind the end of options', '00030307', -1],
    ['with a wrong length', '03040707', -1],
    ['behind an option of length 0', '0200030307010101', -1],
    ['behind an option of length 1', '0201030307010101', -1],
    ['behind an option longer than the header', '02ff030307010101', -1],
    ['cut behind its kind', '01010103', -1],
    ['cut before its shift', '01010303', -1],
  ])('%s', (_, options, expected) => {
    const header = tcp('', { options: bytes(options) });
    expect(windowScale(bytes('eeee', header, '030307'), 2, 2 + header.length)).toBe(expected);
  });

  it('does not read beyond what was captured', () => {
    const header = tcp('', { options: bytes('01030307') });
    expect(windowScale(header, 0, 23)).toBe(-1);
    expect(windowScale(header, 0, 12)).toBe(-1);
  });
});
