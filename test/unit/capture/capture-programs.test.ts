import { describe, expect, it } from 'vitest';
import { DEFAULT_CAPTURE } from '../../../main/capture/capture-defaults.ts';
import { captureArguments, describeFailure } from '../../../main/capture/capture-programs.ts';
import { packetCounts, parseDumpcapList, parseTcpdumpList } from '../../../main/capture/interfaces.ts';
import { dropsTold } from '../../../main/capture/program-source.ts';
import { parseBytes, parseTime } from '../../../main/shells/cli/capture-arguments.ts';

describe('the last words of a program', () => {
  const BAD_FILTER = `Capturing on 'Loopback: lo'
dumpcap: Invalid capture filter "tcp prt 80" for interface 'lo'.

That string isn't a valid capture filter (can't parse filter expression: syntax error).
See the User's Guide for a description of the capture filter syntax.
`;
  it.each([
    ['tcpdump', "tcpdump: can't parse filter expression: syntax error\n", 'filter-invalid', 'the capture filter is not valid: syntax error'],
    ['dumpcap', BAD_FILTER, 'filter-invalid', 'the capture filter is not valid: syntax error'],
    ['tcpdump', "tcpdump: unknown host 'nobody'\n", 'filter-invalid', "the capture filter is not valid: unknown host 'nobody'"],
    ['tcpdump', "tcpdump: lo: You don't have permission to perform this capture on that device\n(socket: Operation not permitted)\n", 'capture-not-permitted', 'tcpdump may not capture on lo'],
    ['tcpdump', 'tcpdump: lo: No such device exists\n(No such device exists)\n', 'interface-not-found', 'there is no interface lo'],
    ['dumpcap', 'Capturing on \'lo\'\ndumpcap: There is no device named "lo".\n', 'interface-not-found', 'there is no interface lo'],
    ['tcpdump', 'tcpdump: lo: That device is not up\n', 'interface-down', 'the interface lo is not up'],
    ['tcpdump', 'tcpdump: listening on lo, link-type EN10MB\ntcpdump: pcap_loop: The interface disappeared\n7 packets captured\n', 'interface-vanished', 'the interface lo went away'],
    ['dumpcap', 'Capturing on \'lo\'\nFile: -\ndumpcap: The network adapter "lo" is no longer attached; the capture has stopped.\n', 'interface-vanished', 'the interface lo went away'],
    ['tcpdump', 'tcpdump: something new\n3 packets captured\n', 'backend-failed', 'tcpdump failed on lo: something new'],
  ])('%s: %j are %s', (name, words, code, message) => {
    const error = describeFailure(name, 'lo', words);
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
  });

  it('tell what was lost', () => {
    expect(dropsTold('')).toEqual({ system: null, card: null });
    expect(dropsTold('tcpdump: 10 packets captured, 20 packets received by filter, 3 packets dropped by kernel\n')).toEqual({ system: 3, card: 0 });
    expect(dropsTold('1 packet dropped by kernel\n5 packets dropped by kernel\n2 packets dropped by interface\n')).toEqual({ system: 5, card: 2 });
    expect(dropsTold("Packets received/dropped on interface 'lo': 9/6 (pcap:1/dumpcap:2/flushed:3/ps_ifdrop:4) (60.0%)")).toEqual({ system: 6, card: 4 });
  });
});

describe('what a program is started with', () => {
  it('cannot be changed by a filter that looks like an option', () => {
    const args = captureArguments('tcpdump', 'lo', { ...DEFAULT_CAPTURE, filter: '-w /etc/passwd' });
    expect(args.slice(-2)).toEqual(['--', '-w /etc/passwd']);
    expect(captureArguments('dumpcap', 'lo', { ...DEFAULT_CAPTURE, filter: '-w x' }).slice(-2)).toEqual(['-f', '-w x']);
  });

  it('follows the options', () => {
    expect(captureArguments('tcpdump', 'lo', { ...DEFAULT_CAPTURE, snapLength: 96, bufferMegabytes: 4, immediate: true, promiscuous: true })).toEqual(
      ['-i', 'lo', '-s', '96', '-n', '-U', '-w', '-', '-B', '4096', '--time-stamp-precision=nano', '--immediate-mode']);
    expect(captureArguments('dumpcap', 'lo', DEFAULT_CAPTURE)).toEqual(['-i', 'lo', '-p', '-q', '-P', '-w', '-', '-B', '64']);
  });
});

describe('lists of interfaces', () => {
  it('are read as Linux, macOS and Windows write them', () => {
    const proc = 'Inter-|   Receive    |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes packets\n    lo:  100  7 0 0 0 0 0 0  100  7 0 0 0 0 0 0\n  eth0: 5 10 0 0 0 0 0 0 6 4 0 0 0 0 0 0\n';
    expect([...packetCounts(proc)]).toEqual([['lo', 7], ['eth0', 14]]);
    expect(parseTcpdumpList('1.en0 (Wi-Fi) [Up, Running, Connected]\n2.awdl0 [Running]\n3.lo0 [Up, Running, Loopback]\n')).toEqual([
      { name: 'en0', description: 'Wi-Fi', up: true },
      { name: 'awdl0', description: null, up: false },
      { name: 'lo0', description: null, up: true },
    ]);
    expect(parseDumpcapList('1. \\Device\\NPF_{0F1A} (Ethernet)\n2. \\Device\\NPF_Loopback (Adapter for loopback traffic capture)\n')).toEqual([
      { name: '\\Device\\NPF_{0F1A}', description: 'Ethernet' },
      { name: '\\Device\\NPF_Loopback', description: 'Adapter for loopback traffic capture' },
    ]);
  });
});

describe('times and sizes on the command line', () => {
  it('have units', () => {
    expect(['60s', '10min', '10m', '2h', '0.5', '1.5s'].map(parseTime)).toEqual([60, 600, 600, 7200, 0.5, 1.5]);
    expect(['500kB', '100MB', '2GB', '1.5M', '4096'].map(parseBytes)).toEqual([500_000, 100_000_000, 2_000_000_000, 1_500_000, 4096]);
    for (const text of ['', '0', '-1s', 'soon', '1d', '1e3']) expect(() => parseTime(text)).toThrow('Give a time');
    for (const text of ['', '12', '1XB', 'MB', '-5MB']) expect(() => parseBytes(text)).toThrow('Give a size');
  });
});
