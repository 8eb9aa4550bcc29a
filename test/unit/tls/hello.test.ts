import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHello } from '../../../main/tls/hello.ts';

/** The hellos of two captures of the lab: s12_tls13_drained (frames 6 and 8) and s12_tls12_drained (frame 8). */
const CLIENT_HELLO = hex(
  '16030100ea010000e603032f59af7d98f810f1bb98c63d81340c6b1892f00a7cd10ff7c6ad17663a889f3120d3d1fbcf51e59d7dd63faef41bf5f8e3ec7508ae55' +
    'cc17d4c70071fa618a01ba0026c02bc02fc02cc030cca9cca8c009c013c00ac014009c009d002f0035c012000a13011302130301000077000500050100000000000a' +
    '000a0008001d001700180019000b00020100000d001a0018080404030807080508060401050106010503060302010203ff0100010000120000002b00050403040303' +
    '003300260024001d0020b2213ed6831180562eb31dcb6e8c2924815c9629d65a086098640d0133eedb65',
);
const SERVER_HELLO_13 = hex(
  '160303007a02000076030305ee77f5169771ac4187f650e168c6b2273886b36f79261dab81efa293b0042d20d3d1fbcf51e59d7dd63faef41bf5f8e3ec7508ae55' +
    'cc17d4c70071fa618a01ba130100002e002b0002030400330024001d00203a2099857a95d952fb3b2a20bbf3a90440bcc5b88c7cac28a83d4d23ff341e3c',
);
const SERVER_HELLO_12 = hex('16030300370200003303034cf2609bad888bdd530f5faf378a65c1b62c3bdf55c3841d884cba102ae36dad00c02f00000bff01000100000b00020100');

function hex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g)!, (pair) => parseInt(pair, 16));
}

function uint16(value: number): number[] {
  return [value >> 8, value & 0xff];
}

function text(value: string): number[] {
  return [...value].map((c) => c.charCodeAt(0));
}

function extension(type: number, data: number[]): number[] {
  return [...uint16(type), ...uint16(data.length), ...data];
}

const sni = (name: string): number[] => extension(0, [...uint16(name.length + 3), 0, ...uint16(name.length), ...text(name)]);
const alpn = (...names: string[]): number[] => {
  const list = names.flatMap((name) => [name.length, ...text(name)]);
  return extension(16, [...uint16(list.length), ...list]);
};

function clientHello(extensions: number[]): number[] {
  const body = [3, 3, ...new Array<number>(32).fill(7), 0, 0, 2, 0x13, 1, 1, 0, ...uint16(extensions.length), ...extensions];
  return [1, 0, ...uint16(body.length), ...body];
}

function record(payload: number[]): number[] {
  return [22, 3, 1, ...uint16(payload.length), ...payload];
}

/** Of a record's bytes. */
const parse = (bytes: ArrayLike<number>): ReturnType<typeof parseHello> => parseHello(Uint8Array.from(bytes), 5, bytes.length);

describe('the hello of a real stack', () => {
  it('reads a ClientHello that offers 1.3', () => {
    expect(parse(CLIENT_HELLO)).toMatchObject({ isClient: true, version: '1.3', sni: null, alpn: [] });
  });

  it('reads the version that the server chose', () => {
    expect(parse(SERVER_HELLO_13)).toMatchObject({ isClient: false, version: '1.3', sni: null, alpn: [] });
    expect(parse(SERVER_HELLO_12)).toMatchObject({ isClient: false, version: '1.2', sni: null, alpn: [] });
  });

  it('reads it where it lies in other bytes', () => {
    const around = new Uint8Array(CLIENT_HELLO.length + 20).fill(0xff);
    around.set(CLIENT_HELLO, 7);
    expect(parseHello(around, 12, 7 + CLIENT_HELLO.length)).toMatchObject({ version: '1.3' });
  });
});

describe('extensions', () => {
  it('reads the server name and the protocols offered', () => {
    const hello = record(clientHello([...sni('api.example'), ...alpn('h2', 'http/1.1')]));
    expect(parse(hello)).toMatchObject({ isClient: true, version: '1.2', sni: 'api.example', alpn: ['h2', 'http/1.1'] });
  });

  it('passes over reserved values and takes the highest version', () => {
    expect(parse(record(clientHello(extension(43, [6, 0x0a, 0x0a, 3, 4, 3, 3]))))).toMatchObject({ version: '1.3' });
    expect(parse(record(clientHello(extension(43, [2, 0x7f, 0x1c]))))).toMatchObject({ version: '1.2' });
  });

  it('does not give control characters of a name on', () => {
    expect(parse(record(clientHello(sni('a\x1b[31m\u00e9b'))))).toMatchObject({ sni: 'a?[31m?b' });
  });

  it('gives what was read before a length that cannot be', () => {
    const broken = [...sni('a.example'), ...uint16(16), ...uint16(500), 1, 2];
    expect(parse(record(clientHello(broken)))).toMatchObject({ isClient: true, version: '1.2', sni: 'a.example', alpn: [] });
    expect(parse(record(clientHello(extension(0, [0, 90, 0, 0, 80, 97]))))).toMatchObject({ sni: null });
  });

  it('reads any bytes without an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.nat(CLIENT_HELLO.length), (noise, at) => {
        const bytes = CLIENT_HELLO.slice();
        bytes.set(noise.subarray(0, Math.min(noise.length, bytes.length - at)), at);
        parse(bytes);
        parse([22, 3, 1, ...noise]);
      }),
      { seed: 6, numRuns: 2000 },
    );
  });
});
