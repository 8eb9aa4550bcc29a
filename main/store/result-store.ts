import type { NetworkPath, NetworkPaths } from '../decode/network-paths.ts';
import { formatIpv4, formatIpv6 } from '../../shared/format/ip-address.ts';
import type { AddressTable } from '../tcp/address-table.ts';
import { ConnectionColumns } from './connection-columns.ts';
import { EndpointTable } from './endpoint-table.ts';
import { EventColumns, ExchangeColumns } from './exchange-columns.ts';
import { StringTable } from './string-table.ts';

/** What an analysis found, as columns, with what their ids mean. */
export class ResultStore {
  readonly connections = new ConnectionColumns();
  readonly exchanges = new ExchangeColumns();
  readonly events = new EventColumns();
  readonly endpoints = new EndpointTable();
  readonly strings = new StringTable();
  private readonly addresses: AddressTable;
  private readonly paths: NetworkPaths;

  constructor(addresses: AddressTable, paths: NetworkPaths) {
    this.addresses = addresses;
    this.paths = paths;
  }

  path(endpoint: number): NetworkPath {
    return this.paths.get(this.endpoints.path(endpoint));
  }

  clientAddress(endpoint: number): string {
    return this.address(this.endpoints.client(endpoint), endpoint);
  }

  serverAddress(endpoint: number): string {
    return this.address(this.endpoints.server(endpoint), endpoint);
  }

  /** The 4 or 16 bytes of the addresses, as packets have them. */
  clientBytes(endpoint: number): Uint8Array {
    return this.bytes(this.endpoints.client(endpoint), endpoint);
  }

  serverBytes(endpoint: number): Uint8Array {
    return this.bytes(this.endpoints.server(endpoint), endpoint);
  }

  private address(id: number, endpoint: number): string {
    const bytes = this.bytes(id, endpoint);
    return bytes.length === 4 ? formatIpv4(bytes, 0) : formatIpv6(bytes, 0);
  }

  private bytes(id: number, endpoint: number): Uint8Array {
    return (this.endpoints.path(endpoint) & 1) === 0 ? Uint8Array.of(id >>> 24, id >>> 16, id >>> 8, id) : this.addresses.ipv6(id);
  }
}
