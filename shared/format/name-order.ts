let order: Intl.Collator | undefined;

/** Names in the order people expect: numbers in them count as numbers (x.pcap2 before x.pcap10). Made when first used: it costs 7 ms of a start. */
export function compareNames(a: string, b: string): number {
  return (order ??= new Intl.Collator('en', { numeric: true })).compare(a, b);
}
