/*
 * Secrets are taken out of what a report shows: credentials in header fields, in query and path parameters, and in
 * front of an `@` (RFC 3986 section 3.2.1). In doubt too much is taken rather than too little: a report is made to be
 * passed on. All functions give the same when applied again, and take text of one character per byte.
 */

const REDACTED = '[redacted]';

/** What makes the value of a header field or parameter a secret, anywhere in its name (in lower case). */
const SECRET_PART =
  /token|secret|passw|passphrase|passcode|passkey|pwd|signature|credential|session|sess[-_.]?id|api[-_.]?key|access[-_.]?key|private[-_.]?key|jwt|bearer|oauth|authoriz|authoris|authentication|cookie|csrf|xsrf|hmac|saml|assertion|ticket|nonce|hdne[a-z]|hdnt[a-z]/;
/** The same as a word of the name: `auth_code` and `X-Auth`, not `author`. */
const SECRET_WORD = /(?:^|[^a-z0-9])(?:key|keys|sig|sid|auth|code|pass|pw|psw|creds|otp|totp|pin|cvv)(?:$|[^a-z0-9])/;
/** The same at its end: `authkey`, `PHPSESSID`. */
const SECRET_END = /(?:key|code|sig|sid|auth|otp)$/;

/** Words of a path behind which a secret stands as a part of its own: `/reset/f81c…`. */
const BEFORE_SECRET = /^(?:.*[-_.])?(?:resets?|verify(?:-e?mail)?|verification|confirm|confirmation|activate|activation|invites?|invitations?|magic(?:[-_.]?links?)?|unsubscribe|web-?hooks?|hooks|share|shared|capability)$/;
/** A part of a path that nobody chose: letters and digits together, long, and no file's name. */
const RANDOM = /^(?=.*\d)(?=.*[a-z])(?!.*\.[a-z]{2,5}$)[\w~.:+-]{16,}$/i;

/** Most targets have nothing to look at. */
const SUSPICIOUS = /[=@%"']|eyJ|(?:^|[/\s])[\w~.:+-]{16}/;
/** What a secret may be hidden in. */
const HIDING = /["'%]/;
const USERINFO_OF_URL = /:\/\/[^/?#\s]*@/g;
/** A JSON Web Token (RFC 7519 section 3): its header always begins with `{"`. */
const WEB_TOKEN = /(?<![\w-])eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)*/g;
/** Keys that their issuers made to be recognised: GitHub, GitLab, npm, Slack, Stripe, AWS, Google, SendGrid, Telegram. */
const ISSUED_KEY =
  /(?<![\w-])(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|npm_\w{30,}|xox[abeoprs]-[\w-]{10,}|[rs]k_(?:live|test)_\w{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|ya29\.[\w-]{20,}|SG\.[\w-]{16,}\.[\w-]{16,}|bot\d{6,}:[\w-]{30,})/g;
/** The name of a parameter, behind what may stand before one. */
const PARAMETER = /(?:^|[?&;#/,~\s])([^=?&;#/,~\s]+)=/g;
/** The name of a member of a JSON object. */
const MEMBER = /["']([^"']{1,100})["']\s?:/g;
/** Authentication schemes with what follows them (RFC 9110 section 11.4). */
const CREDENTIALS = /\b(bearer|basic|digest|negotiate|ntlm|aws4-hmac-sha256)\s+\S[^]*/i;
/** A header line that was taken for a part of the one before. */
const FIELD_IN_VALUE = /(?:authorization|cookie|token|key|secret)\s?:/i;
/** Secrets are looked for inside percent-encoding, this deep. */
const MAX_DECODING = 3;

/** A request target of any form (RFC 9112 section 3.2), or another URL. */
export function redactTarget(target: string): string {
  return redactText(redactAuthority(target));
}

/** A Host value or the authority of a target: what stands before an `@` goes. */
export function redactHost(host: string): string {
  const at = host.lastIndexOf('@');
  return at < 0 ? host : `${REDACTED}@${host.slice(at + 1)}`;
}

/** Names and values of header fields. */
export function redactHeaders(headers: readonly (readonly [name: string, value: string])[]): [name: string, value: string][] {
  return headers.map(([name, value]) => [name, redactHeader(name, value)]);
}

function redactHeader(name: string, value: string): string {
  if (value === '') return '';
  if (isSecret(name) || FIELD_IN_VALUE.test(value)) return REDACTED;
  return redactText(value.replace(CREDENTIALS, `$1 ${REDACTED}`));
}

/** A URL, or text with one in it. */
function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text;
  const open = text.replace(USERINFO_OF_URL, `://${REDACTED}@`).replace(WEB_TOKEN, REDACTED).replace(ISSUED_KEY, REDACTED);
  const mark = open.indexOf('?');
  if (mark < 0) return redactPath(open);
  const query = open.slice(mark + 1).split('&');
  return `${redactPath(open.slice(0, mark))}?${query.map((part) => redactEncoded(redactParameter(part))).join('&')}`;
}

function redactPath(path: string): string {
  return redactParameter(path)
    .split('/')
    .map((part, at, parts) => (at > 0 && RANDOM.test(part) && isBeforeSecret(parts, at) ? REDACTED : redactEncoded(part)))
    .join('/');
}

/** `/password/reset/f81c…`, and `/webhooks/17/f81c…`, where a number stands between. */
function isBeforeSecret(parts: readonly string[], at: number): boolean {
  const near = parts[at - 1]!.toLowerCase();
  return BEFORE_SECRET.test(near) || isSecret(decode(near)) || (/^[\w-]+$/.test(near) && BEFORE_SECRET.test((parts[at - 2] ?? '').toLowerCase()));
}

/** In `user@host:443` and `//user@host/`, which are no URLs. */
function redactAuthority(target: string): string {
  const start = /^\/\/|^(?![/*?#]|[a-z][a-z0-9+.-]*:\/\/)/i.exec(target);
  if (start === null) return target;
  const from = start[0].length;
  const length = target.slice(from).search(/[/?#\s]/);
  const to = length < 0 ? target.length : from + length;
  return target.slice(0, from) + redactHost(target.slice(from, to)) + target.slice(to);
}

/** From the first parameter with a secret name to the end: what ends a value is not agreed upon (`;`, `/`, `?`). */
function redactParameter(text: string): string {
  for (const match of text.matchAll(PARAMETER)) {
    const value = match.index + match[0].length;
    if (value < text.length && isSecret(decode(match[1]!))) return text.slice(0, value) + REDACTED;
  }
  return text;
}

/** A part of a path or query: all of its value where a secret shows inside, plain or encoded. */
function redactEncoded(part: string): string {
  if (!shows(part, 0)) return part;
  const equals = part.indexOf('=');
  return equals > 0 && !shows(part.slice(0, equals), 0) ? `${part.slice(0, equals)}=${REDACTED}` : REDACTED;
}

/** A secret shows in `part` as JSON, or once decoded; what is encoded deeper than anyone looks counts as one. */
function shows(part: string, depth: number): boolean {
  if (!HIDING.test(part)) return false;
  for (const match of part.matchAll(MEMBER)) if (isSecret(decode(match[1]!))) return true;
  const decoded = decodeOnce(part);
  if (decoded === part) return false;
  if (depth === MAX_DECODING) return true;
  const parameters = decoded.split('&');
  return parameters.some((one) => redactParameter(one) !== one) || decoded.search(USERINFO_OF_URL) >= 0 || decoded.search(WEB_TOKEN) >= 0 || shows(decoded, depth + 1);
}

/** Of names that came before: a capture has few of them, and each of them millions of times. */
const known = new Map<string, boolean>();
const MOST_KNOWN = 4096;

function isSecret(name: string): boolean {
  let secret = known.get(name);
  if (secret === undefined) {
    secret = tellsSecret(name);
    if (known.size < MOST_KNOWN && name.length <= 100) known.set(name, secret);
  }
  return secret;
}

function tellsSecret(name: string): boolean {
  const lower = name.trim().toLowerCase();
  const words = name.trim().replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
  return SECRET_PART.test(lower) || SECRET_WORD.test(words) || SECRET_END.test(lower);
}

function decode(text: string): string {
  for (let depth = 0; depth < MAX_DECODING && text.includes('%'); depth++) text = decodeOnce(text);
  return text;
}

function decodeOnce(text: string): string {
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
}
