import type * as NodeCrypto from 'node:crypto';
import type { AeadName, CbcName, HashName, TlsCrypto } from '../tls/tls-crypto.ts';
import { LentMemory } from './lent-memory.ts';

const TAG_BYTES = 16;
const TAG_LENGTH = { authTagLength: TAG_BYTES };
/** One that is used again: a view of each tag costs more than copying it. */
const tag = new Uint8Array(TAG_BYTES);
const outputs = new LentMemory();

let crypto: typeof NodeCrypto | null = null;
/** Loaded with the first record: it costs 2 ms of a start, and most captures need none of it. */
const loaded = () => (crypto ??= process.getBuiltinModule('node:crypto'));

/** The ciphers of OpenSSL, as node has them. */
export const nodeTlsCrypto: TlsCrypto = {
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array {
    return loaded().createHmac(hash, key).update(data).digest();
  },

  openAead(cipher: AeadName, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null {
    const length = sealed.length - TAG_BYTES;
    if (length < 0) return null;
    outputs.takeBack();
    // The types name GCM only; ChaCha20-Poly1305 has the same methods.
    const decipher = loaded().createDecipheriv(cipher as NodeCrypto.CipherGCMTypes, key, nonce, TAG_LENGTH);
    for (let i = 0; i < TAG_BYTES; i++) tag[i] = sealed[length + i]!;
    decipher.setAuthTag(tag);
    decipher.setAAD(additional);
    const content = outputs.lend(decipher.update(sealed.subarray(0, length)));
    try {
      decipher.final();
      return content;
    } catch {
      return null;
    }
  },

  decryptCbc(cipher: CbcName, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | null {
    if (data.length === 0 || data.length % 16 !== 0) return null;
    outputs.takeBack();
    return outputs.lend(loaded().createDecipheriv(cipher, key, iv).setAutoPadding(false).update(data));
  },
};
