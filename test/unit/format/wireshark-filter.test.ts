import { expect, test } from 'vitest';
import { frameOf, wiresharkFilters, wiresharkFilterText } from '../../../shared/format/wireshark-filter.ts';

const v4 = { client: { address: '10.0.0.1', port: 51_834 }, server: { address: '10.0.0.2', port: 8080 }, firstFrame: 1201, lastFrame: 3382 };

test('sockets and frames of an IPv4 connection', () => {
  expect(wiresharkFilters(v4)).toEqual([
    { capture: null, filter: 'ip.addr == 10.0.0.1 && ip.addr == 10.0.0.2 && tcp.port == 51834 && tcp.port == 8080 && frame.number >= 1201 && frame.number <= 3382' },
  ]);
});

test('IPv6 has fields of its own, an IPv4-mapped address too', () => {
  const v6 = { ...v4, client: { address: 'fd00:c8::17', port: 1 }, server: { address: '::ffff:192.0.2.1', port: 80 } };
  expect(wiresharkFilterText(v6)).toContain('ipv6.addr == fd00:c8::17 && ipv6.addr == ::ffff:192.0.2.1 && tcp.port == 1');
});

test('a machine that talks to itself is told once', () => {
  const self = { ...v4, server: { address: '10.0.0.1', port: 8080 } };
  expect(wiresharkFilterText(self)).toBe('ip.addr == 10.0.0.1 && tcp.port == 51834 && tcp.port == 8080 && frame.number >= 1201 && frame.number <= 3382');
});

test('VLANs and the numbers of tunnels tell the same addresses apart', () => {
  expect(wiresharkFilterText({ ...v4, vlans: [5, 7], encapsulation: 'gtp/vxlan:4096' })).toMatch(/^vlan\.id == 5 && vlan\.id == 7 && vxlan\.vni == 4096 && ip\.addr/);
});

test('over three captures: from its frame on, all of the second, up to its last frame', () => {
  const filters = wiresharkFilters({ ...v4, firstFrame: '0:100', lastFrame: '2:50' });
  expect(filters.map(({ capture }) => capture)).toEqual([0, 1, 2]);
  expect(filters[0]!.filter).toMatch(/tcp\.port == 8080 && frame\.number >= 100$/);
  expect(filters[1]!.filter).toMatch(/tcp\.port == 8080$/);
  expect(filters[2]!.filter).toMatch(/tcp\.port == 8080 && frame\.number <= 50$/);
});

test('within the second of two captures both ends are bounded', () => {
  const [only, ...others] = wiresharkFilters({ ...v4, firstFrame: '1:10', lastFrame: '1:20' });
  expect(others).toEqual([]);
  expect(only).toMatchObject({ capture: 1, filter: expect.stringMatching(/frame\.number >= 10 && frame\.number <= 20$/) });
});

test('both numbers of a frame', () => {
  expect([frameOf(12), frameOf('2:17')]).toEqual([{ capture: null, frame: 12 }, { capture: 2, frame: 17 }]);
});
