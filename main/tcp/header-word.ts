/** Flags in the 32-bit word at byte 12 of a TCP header, whose lower half is the window. */
export const FIN = 0x01_0000;
export const SYN = 0x02_0000;
export const RST = 0x04_0000;
export const ACK = 0x10_0000;
