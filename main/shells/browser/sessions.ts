import { randomBytes } from 'node:crypto';

/** 256 bits: nobody guesses them. */
const BYTES = 32;

/**
 * Who may use the program: a one-time token, which stands in the address that is printed, is exchanged for a session,
 * which the browser keeps in a cookie that scripts cannot read.
 */
export class Sessions {
  private readonly tokens = new Set<string>();
  private readonly sessions = new Set<string>();

  issueToken(): string {
    const token = secret();
    this.tokens.add(token);
    return token;
  }

  /** A session for the token, which is used up; null where it never was one, or was used before. */
  redeem(token: string): string | null {
    if (!this.tokens.delete(token)) return null;
    const session = secret();
    this.sessions.add(session);
    return session;
  }

  /** Whether a request's cookies hold a session. */
  admits(cookies: string | undefined, name: string): boolean {
    return (cookies ?? '').split(';').some((cookie) => {
      const [key, value] = cookie.trim().split('=', 2);
      return key === name && value !== undefined && this.sessions.has(value);
    });
  }
}

function secret(): string {
  return randomBytes(BYTES).toString('base64url');
}
