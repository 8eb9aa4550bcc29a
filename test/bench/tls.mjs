// Decrypting, measured: a TLS 1.3 connection with one large response in records of 16 KB, read with and without its keys.
import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const RECORD = 1 << 14;
const SUITES = {
  'AES-128-GCM': { number: 0x1301, cipher: 'aes-128-gcm', keyLength: 16, evp: 'aes-128-gcm' },
  'ChaCha20-Poly1305': { number: 0x1303, cipher: 'chacha20-poly1305', keyLength: 32, evp: 'chacha20-poly1305' },
};
/** What decrypting may cost, in the time that the cipher alone takes for the same bytes. */
const GOAL = 3;

/**
 * Decrypting is the time with keys less the time without, start-up included. It is told twice: of the processor, all
 * threads together, where other work on the machine counts little, and as time that goes by, in which what V8 compiles and
 * clears away beside costs nothing while a core is free. What node:crypto needs for the same records, called alone in a
 * warm process that leaves its outputs to the garbage collector, stands beside it. What is compared is taken in turns.
 *
 * @param analyze runs the command line with these arguments and tells what it took, as `{ processor, clock }` in seconds
 * @param count the number of responses in the report of a capture read with these arguments
 */
export async function benchTls({ folder, megabytes, runs, analyze, count, median, printTable }) {
  console.log(`\n(tls) one response of ${megabytes} MB in TLS 1.3 records of 16 KB`);
  const rows = [['seconds', 'by', 'with keys', 'without', 'decrypting', 'openssl speed', 'times openssl', 'goal', 'node:crypto alone', 'times openssl']];
  for (const [name, suite] of Object.entries(SUITES)) {
    const capture = join(folder, `tls-${suite.cipher}.pcap`), keyLog = join(folder, `tls-${suite.cipher}.keys`);
    const alone = writeCapture(capture, keyLog, suite, megabytes * 1e6);
    if ((await count([capture, '--keylog', keyLog])) !== 1) throw new Error(`${name}: the response was not read`);
    const taken = { processor: columns(), clock: columns() };
    await analyze([capture, '--keylog', keyLog]);
    for (let i = 0; i < runs; i++) {
      const [withKeys, without, single] = [await analyze([capture, '--keylog', keyLog]), await analyze([capture]), alone()];
      for (const [by, { sealed, opened, singles, speeds }] of Object.entries(taken)) {
        opened.push(withKeys[by]);
        sealed.push(without[by]);
        singles.push(single[by]);
        speeds.push(opensslSeconds(suite.evp, megabytes * 1e6, by));
      }
    }
    for (const [by, { sealed, opened, singles, speeds }] of Object.entries(taken)) {
      const cost = median(opened) - median(sealed), single = median(singles), speed = speeds.includes(null) ? null : median(speeds);
      const times = (seconds) => (speed === null ? 'unknown' : (seconds / speed).toFixed(2));
      rows.push([name, by, ...[median(opened), median(sealed), cost].map((one) => one.toFixed(3)), speed?.toFixed(3) ?? 'not installed', times(cost), `at most ${GOAL}`, single.toFixed(3), times(single)]);
    }
  }
  printTable(rows);
}

function columns() {
  return { sealed: [], opened: [], singles: [], speeds: [] };
}

/** Seconds that OpenSSL takes for so many bytes, by its own measure; null where it is not installed. */
function opensslSeconds(evp, bytes, by) {
  const { status, stdout } = spawnSync('openssl', ['speed', '-decrypt', '-aead', '-evp', evp, '-seconds', '1', '-bytes', String(RECORD), '-mr', ...(by === 'clock' ? ['-elapsed'] : [])], { encoding: 'latin1' });
  const perSecond = /^\+F:\d+:[^:]+:([\d.]+)/m.exec(stdout ?? '')?.[1];
  return status === 0 && perSecond !== undefined ? bytes / Number(perSecond) : null;
}

/** Writes the capture and its key log; returns what opens the same records with node:crypto alone and tells the seconds. */
function writeCapture(path, keyLogPath, { number, cipher, keyLength }, bytes) {
  const file = openSync(path, 'w');
  const random = randomBytes(32);
  const secrets = { clientHandshake: randomBytes(32), serverHandshake: randomBytes(32), client: randomBytes(32), server: randomBytes(32) };
  const labels = { clientHandshake: 'CLIENT_HANDSHAKE_TRAFFIC_SECRET', serverHandshake: 'SERVER_HANDSHAKE_TRAFFIC_SECRET', client: 'CLIENT_TRAFFIC_SECRET_0', server: 'SERVER_TRAFFIC_SECRET_0' };
  writeFileSync(keyLogPath, Object.entries(secrets).map(([name, secret]) => `${labels[name]} ${random.toString('hex')} ${secret.toString('hex')}\n`).join(''));
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(262144, 16);
  header.writeUInt32LE(1, 20);
  writeSync(file, header);
  const next = { client: 1000, server: 5000 };
  let packets = 0;
  const segment = (side, flags, data) => {
    writeSync(file, frame(packets++, side, flags, next[side], flags === 2 ? 0 : next[side === 'client' ? 'server' : 'client'], data));
    next[side] = (next[side] + data.length + (flags & 3 ? 1 : 0)) >>> 0;
  };
  const send = (side, data) => {
    for (let at = 0; at < data.length; at += 1460) segment(side, 16, data.subarray(at, at + 1460));
  };
  const key = (secret, label, length) => createHmac('sha256', secret).update(Buffer.concat([Buffer.from([0, length, label.length + 6]), Buffer.from(`tls13 ${label}`), Buffer.from([0, 1])])).digest().subarray(0, length);
  const sealer = (secret) => {
    const [k, iv] = [key(secret, 'key', keyLength), key(secret, 'iv', 12)];
    let count = 0;
    return (type, content) => {
      const head = Buffer.from([23, 3, 3, (content.length + 17) >> 8, (content.length + 17) & 255]);
      const nonce = Buffer.from(iv);
      nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ count++) >>> 0, 8);
      const c = createCipheriv(cipher, k, nonce, { authTagLength: 16 });
      c.setAAD(head);
      return { key: k, nonce, record: Buffer.concat([head, c.update(content), c.update(Buffer.from([type])), c.final(), c.getAuthTag()]) };
    };
  };
  const message = (type, body) => Buffer.concat([Buffer.from([type, 0, body.length >> 8, body.length & 255]), body]);
  const clear = (content) => Buffer.concat([Buffer.from([22, 3, 3, content.length >> 8, content.length & 255]), content]);
  const suite = Buffer.from([number >> 8, number & 255]);
  segment('client', 2, Buffer.alloc(0));
  segment('server', 18, Buffer.alloc(0));
  send('client', clear(message(1, Buffer.concat([Buffer.from([3, 3]), random, Buffer.from([0, 0, 2]), suite, Buffer.from([1, 0, 0, 7, 0, 43, 0, 3, 2, 3, 4])]))));
  send('server', clear(message(2, Buffer.concat([Buffer.from([3, 3]), randomBytes(32), Buffer.from([0]), suite, Buffer.from([0, 0, 6, 0, 43, 0, 2, 3, 4])]))));
  send('server', sealer(secrets.serverHandshake)(22, message(20, randomBytes(32))).record);
  send('client', sealer(secrets.clientHandshake)(22, message(20, randomBytes(32))).record);
  send('client', sealer(secrets.client)(23, Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n')).record);
  const seal = sealer(secrets.server);
  send('server', seal(23, Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n`)).record);
  const content = randomBytes(RECORD);
  let sample;
  for (let at = 0; at < bytes; at += RECORD) {
    const sealed = seal(23, content.subarray(0, Math.min(RECORD, bytes - at)));
    if (at === 0) sample = sealed;
    send('server', sealed.record);
    if ((at / RECORD) % 4 === 3) segment('client', 16, Buffer.alloc(0));
  }
  segment('client', 17, Buffer.alloc(0));
  segment('server', 17, Buffer.alloc(0));
  closeSync(file);
  const [head, body, tag] = [sample.record.subarray(0, 5), sample.record.subarray(5, -16), sample.record.subarray(-16)];
  return () => {
    const start = process.cpuUsage(), from = performance.now();
    for (let at = 0; at < bytes; at += RECORD) {
      const d = createDecipheriv(cipher, sample.key, sample.nonce, { authTagLength: 16 });
      d.setAuthTag(tag);
      d.setAAD(head);
      d.update(body);
      d.final();
    }
    const { user, system } = process.cpuUsage(start);
    return { processor: (user + system) / 1e6, clock: (performance.now() - from) / 1000 };
  };
}

/** One Ethernet frame of a pcap file, a microsecond after the one before; checksums are left out, as network cards do. */
function frame(index, side, flags, sequence, acknowledgement, data) {
  const bytes = Buffer.alloc(16 + 54 + data.length);
  bytes.writeUInt32LE(1767322800 + Math.floor(index / 1e6), 0);
  bytes.writeUInt32LE(index % 1e6, 4);
  bytes.writeUInt32LE(54 + data.length, 8);
  bytes.writeUInt32LE(54 + data.length, 12);
  bytes.writeUInt16BE(0x0800, 28);
  bytes[30] = 0x45;
  bytes.writeUInt16BE(40 + data.length, 32);
  bytes.writeUInt16BE(index & 0xffff, 34);
  bytes[38] = 64;
  bytes[39] = 6;
  const [from, to] = side === 'client' ? [1, 2] : [2, 1];
  bytes.set([10, 0, 0, from, 10, 0, 0, to], 42);
  bytes.writeUInt16BE(side === 'client' ? 40000 : 443, 50);
  bytes.writeUInt16BE(side === 'client' ? 443 : 40000, 52);
  bytes.writeUInt32BE(sequence, 54);
  bytes.writeUInt32BE(acknowledgement, 58);
  bytes[62] = 0x50;
  bytes[63] = flags;
  bytes.writeUInt16BE(64240, 64);
  data.copy(bytes, 70);
  return bytes;
}
