import { httpAnomalies } from '../http/anomalies.ts';
import { tlsAnomalies } from '../tls/anomalies.ts';

/** Anomalies of packets and connections in words; those of files bring their own. */
const WORDS: Record<string, string> = {
  ...httpAnomalies,
  ...tlsAnomalies,
  'packet-truncated': 'packets cut by the snap length: lengths are right, what was cut cannot be read (capture with -s 0)',
  'unsupported-link-type': 'packets of a link type that is not read',
  'protocol-unread': 'packets of a protocol that may hold TCP and is not read',
  'ip-header-malformed': 'IP headers that contradict themselves',
  'tcp-header-malformed': 'TCP headers that contradict themselves',
  'fragment-malformed': 'IP fragments that contradict themselves',
  'fragments-overlap': 'IP fragments that overlap: the first bytes were used',
  'fragments-incomplete': 'IP datagrams of which not all fragments are in the capture',
  'tunnel-nested': 'tunnels inside of tunnels: one is entered, what travels in the next is not read (capture where the outer one ends)',
  'wireless-encrypted': 'encrypted 802.11 frames',
  'wireless-fragment': 'fragmented 802.11 frames',
  'duplicate-packets': 'packets captured twice (capture on every interface, or a mirrored port): counted once',
  'seen-again': 'connections that are in the capture once more, before and after address translation or inside and outside of a tunnel or VLAN: each is counted (capture on one interface)',
  'redirected': 'connections that the client\'s machine redirects to a proxy of its own, as service meshes do: each is told with the address that was dialled',
  'overlap-conflict': 'segments that repeat bytes with other contents: the first were used',
  'reassembly-limit': 'too much waited for lost segments: a hole was given up',
  'connections-given-up': 'too many connections at once: the longest idle were given up',
  'reset-ignored': 'resets whose sender went on as if nothing had happened: not taken as a close',
  'one-sided': 'connections of which only one direction is in the capture',
  'other-anomalies': 'anomalies of further kinds',
};

export function anomalyWords(code: string): string {
  return WORDS[code] ?? code;
}
