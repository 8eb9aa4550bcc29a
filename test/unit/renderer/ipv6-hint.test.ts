import { expect, test } from 'vitest';
import { familyHint } from '../../../renderer/features/capture/ipv6-hint.ts';
import type { InterfaceInfo } from '../../../shared/model/capture.ts';

const interfaces: InterfaceInfo[] = [
  { name: 'lo', description: null, addresses: ['127.0.0.1', '::1'], linkType: null, up: true, packets: null },
  { name: 'eth0', description: null, addresses: ['10.42.7.18', 'fe80::1', 'fd00:c8::94'], linkType: null, up: true, packets: null },
  { name: 'wg0', description: null, addresses: ['10.9.0.1'], linkType: null, up: true, packets: null },
];
const hint = (filter: string) => familyHint(filter, interfaces);

test('an address of one family leaves out what the same host says by the other', () => {
  expect(hint('tcp port 8080 and host 10.42.7.18')).toEqual({ leftOut: 'IPv6', address: 'fd00:c8::94', filter: '(tcp port 8080 and host 10.42.7.18) or (tcp port 8080 and host fd00:c8::94)' });
  expect(hint('host FD00:C8::94')).toEqual({ leftOut: 'IPv4', address: '10.42.7.18', filter: '(host FD00:C8::94) or (host 10.42.7.18)' });
  expect(hint('host ::1')).toMatchObject({ leftOut: 'IPv4', address: '127.0.0.1' });
});

test('of an address that is not of this computer, or has no other, it is only said', () => {
  for (const filter of ['host 192.0.2.7', 'src host 10.9.0.1 and tcp', 'ip and port 80', 'ip host 10.42.7.18', 'net 10.0.0.0/8']) expect(hint(filter), filter).toEqual({ leftOut: 'IPv6', address: null, filter: null });
  expect(hint('ip6 and tcp port 80')).toEqual({ leftOut: 'IPv4', address: null, filter: null });
});

test('a filter for both families, for none, or against an address has no hint', () => {
  for (const filter of ['', 'tcp port 8080', 'host 10.42.7.18 or host fd00:c8::94', 'ip or ip6', 'tcp and not host 10.42.7.18', 'host web.example', 'ether host 00:11:22:33:44:55 and ip and ip6', 'ip proto 6', 'ether host 00:11:22:33:44:55', 'port 80 and tcp[13] & 7 != 0']) expect(hint(filter), filter).toBeNull();
});
