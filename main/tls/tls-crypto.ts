export type HashName = 'md5' | 'sha1' | 'sha256' | 'sha384';
export type AeadName = 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
export type CbcName = 'aes-128-cbc' | 'aes-256-cbc';

/** The ciphers that reading TLS needs, handed in from outside: this folder computes nothing secret itself. Nothing here throws on bytes. */
export interface TlsCrypto {
  hmac(hash: HashName, key: Uint8Array, data: Uint8Array): Uint8Array;
  /**
   * Opens an AEAD ciphertext (RFC 5116) with a 16-byte tag at its end; null where the tag does not fit.
   *
   * @param nonce 12 bytes
   * @returns what is good until the next record is opened or decrypted: its memory is used again
   */
  openAead(cipher: AeadName, key: Uint8Array, nonce: Uint8Array, additional: Uint8Array, sealed: Uint8Array): Uint8Array | null;
  /** Decrypts without looking at the padding, good for as long as the above; null where the length is no multiple of 16. */
  decryptCbc(cipher: CbcName, key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array | null;
}
