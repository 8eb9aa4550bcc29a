import type { Confidence, Side } from '../../shared/model/report.ts';
import stacksJson from './knowledge/stacks.json';
import type { Stack } from './knowledge/stack.ts';

/*
 * Which software sent a message, by what it writes: the User-Agent or Server field, the order and spelling of the field
 * names, and what its TCP does (probe spacing, idle close). A proxy passes names on but writes its own head and does its
 * own TCP, so a name alone is never certain.
 */

export interface StackMatch {
  readonly id: string;
  readonly name: string;
  readonly confidence: Confidence;
}

export interface ClientSigns {
  readonly userAgent: string | null;
  /** Field names of a request in order and spelling, joined by commas: "Host,User-Agent,Accept-Encoding". */
  readonly headerOrder: string | null;
  /** Spacing of the client's keep-alive probes on idle connections. */
  readonly probeIdleSeconds?: number | null;
  /** From the end of a response to the client's FIN, where several connections agree. */
  readonly idleCloseSeconds?: number | null;
}

export interface ServerSigns {
  readonly server: string | null;
  readonly headerOrder?: string | null;
  /** N of `Keep-Alive: timeout=N`. */
  readonly keepAliveTimeout?: number | null;
  readonly probeIdleSeconds?: number | null;
  readonly idleCloseSeconds?: number | null;
}

export const STACKS = stacksJson as unknown as readonly Stack[];

/** The entry of that id. Throws on an id that no report can hold: that is a mistake of the caller. */
export function stack(id: string): Stack {
  const found = byId.get(id);
  if (found === undefined) throw new RangeError(`No stack "${id}" in the knowledge base.`);
  return found;
}

export function recogniseClient(signs: ClientSigns): StackMatch | null {
  const order = split(signs.headerOrder);
  const named = signs.userAgent === null ? null : byName(signs.userAgent, order);
  const proxy = order === null ? null : proxyByFields(order, signs.userAgent, named);
  if (proxy !== null) return tcpAgrees(stack(proxy.id), signs) ? match(stack(proxy.id), 'certain') : proxy;
  if (named !== null) return match(named.stack, confidenceOfNamed(named, order, signs));
  return order === null ? byTcp(signs) : byOrder(order, signs);
}

export function recogniseServer(signs: ServerSigns): StackMatch | null {
  const order = split(signs.headerOrder ?? null);
  const timer = signs.idleCloseSeconds ?? null;
  const cache = order === null ? null : cacheByFields(order);
  if (cache !== null) return cache;
  const named = signs.server === null ? undefined : servers.find((candidate) => candidate.server?.test(signs.server!));
  if (named !== undefined) {
    const own = order !== null && NAMED_ORDERS[named.stack.id]?.(order) === true;
    return match(named.stack, own ? 'certain' : 'likely');
  }
  if (order === null) return byTimerAndHint(signs) ?? byHint(signs);
  const id = Object.keys(NAMELESS_ORDERS).find((id) => NAMELESS_ORDERS[id]!(order));
  if (id === undefined) return byTimerAndHint(signs);
  const found = stack(id);
  const { afterHintSeconds, keepAliveProbe, idleTimeoutSeconds } = found.server!;
  const hint = signs.keepAliveTimeout ?? null;
  if (timer !== null && hint !== null && afterHintSeconds !== undefined && Math.abs(timer - hint - afterHintSeconds) < 0.3) return match(found, 'certain');
  if (isProbe(keepAliveProbe?.first, signs.probeIdleSeconds)) return match(found, 'certain');
  if (timer !== null && idleTimeoutSeconds !== undefined && hint === null && timer >= idleTimeoutSeconds.min && timer <= idleTimeoutSeconds.max) return match(found, 'likely');
  return match(found, isSharedOrder(id, order) ? 'possible' : 'likely');
}

/**
 * Whose default a spacing of keep-alive probes is: that of the stack that was recognised; where none was, of those known
 * to send them so, two at most; null where it is nobody's, or was set otherwise in the stack.
 */
export function probeDefault(side: Side, spacingSeconds: number, recognised: string | null): string | null {
  const entries = STACKS.filter((entry) => isProbe(entry[side]?.keepAliveProbe?.first, spacingSeconds));
  if (recognised !== null) return entries.find(({ id }) => id === recognised)?.name ?? null;
  const [first, second] = entries;
  if (first === undefined) return null;
  return second === undefined ? first.name : entries.length === 2 ? `${first.name} and ${second.name}` : `${first.name} and others`;
}

/** A server that does not name itself and closes a second after the timeout it announces is Node, whatever its handler writes in a head. */
function byTimerAndHint({ server, keepAliveTimeout, idleCloseSeconds }: ServerSigns): StackMatch | null {
  if (server !== null || keepAliveTimeout == null || idleCloseSeconds == null) return null;
  const node = stack('node-http-server');
  return Math.abs(idleCloseSeconds - keepAliveTimeout - node.server!.afterHintSeconds!) < 0.3 ? match(node, 'likely') : null;
}

/** Of the servers that do not name themselves, the defaults they announce; where the head is not known, which would tell more. */
function byHint({ server, keepAliveTimeout }: ServerSigns): StackMatch | null {
  if (server !== null) return null;
  if (keepAliveTimeout === 5) return match(stack('node-http-server'), 'possible');
  return keepAliveTimeout === 20 || keepAliveTimeout === 60 ? match(stack('tomcat'), 'possible') : null;
}

interface Candidate {
  readonly stack: Stack;
  readonly userAgent: RegExp | null;
  readonly server: RegExp | null;
}

const byId = new Map(STACKS.map((entry) => [entry.id, entry]));
const candidates: readonly Candidate[] = STACKS.map((entry) => ({ stack: entry, userAgent: compiled(entry.recognise.userAgent), server: compiled(entry.recognise.server) }));
const clients = candidates.filter(({ stack: { role, recognise } }) => role === 'client' || recognise.userAgent !== undefined);
const servers = candidates.filter(({ server }) => server !== null);

/** Fields that only an intermediary adds (RFC 7239, RFC 9110 section 7.6.3, and the customary ones). */
const FORWARDED = /^(x-forwarded-(for|host|proto|port|server)|forwarded|via|x-real-ip|x-envoy-.*|cdn-loop|cf-connecting-ip)$/i;
/** Fields about the content, which no stack's usual order counts. */
const CONTENT = new Set(['content-length', 'content-type', 'transfer-encoding', 'expect', 'trailer']);

/** Of stacks that share a name the special ones stand first, and show by their heads. */
function byName(userAgent: string, order: readonly string[] | null): Candidate | null {
  const same = clients.filter((candidate) => candidate.userAgent?.test(userAgent));
  return same.find((candidate) => order !== null && ordersAgree(candidate.stack, order)) ?? same.at(-1) ?? null;
}

/** The name and the head agree; TCP, or the hop-by-hop Connection that a proxy would have taken out, makes it certain. */
function confidenceOfNamed(named: Candidate, order: readonly string[] | null, signs: ClientSigns): Confidence {
  if (tcpAgrees(named.stack, signs)) return 'certain';
  if (order === null) return 'likely';
  if (!ordersAgree(named.stack, order)) return 'possible';
  const nginxWouldToo = order[0] === 'Host' && order[1] === 'Connection';
  return !nginxWouldToo && named.stack.recognise.headerOrder?.some((name) => /^connection$/i.test(name)) === true ? 'certain' : 'likely';
}

function ordersAgree(entry: Stack, order: readonly string[]): boolean {
  if (entry.id === GO) return isGoOrder(order);
  const wanted = entry.recognise.headerOrder;
  if (wanted === undefined) return true;
  if (entry.recognise.opens === true && order[0] !== wanted[0]) return false;
  let found = 0;
  for (const name of order) if (name === wanted[found]) found++;
  return found === wanted.length;
}

/** A User-Agent of the program's own, or none: the head alone, then what TCP does. */
function byOrder(order: readonly string[], signs: ClientSigns): StackMatch | null {
  const usual = order.filter((name) => !CONTENT.has(name.toLowerCase()));
  const short = usual.join();
  const anonymous = signs.userAgent === null;
  // A browser that is not in the knowledge base must not pass for a library.
  if (signs.userAgent?.startsWith('Mozilla/') === true) return null;
  const distinct = mostNames(clients.map((candidate) => candidate.stack).filter((entry) => entry.recognise.distinctive === true && ordersAgree(entry, order)));
  if (distinct !== null) return match(distinct, tcpAgrees(distinct, signs) ? 'certain' : 'likely');
  if (isGoOrder(order) && order.includes('Accept-Encoding')) return goByOrder(order, signs);
  if (short.endsWith('Host,Connection') && (anonymous || usual.length > 2)) return nodeByTcp(signs);
  if (short === 'host,connection' && anonymous) return match(stack('node-fetch-undici'), 'possible');
  if (usual.at(-1) === 'host' && usual.includes('accept') && !usual.includes('connection')) {
    const hyper = stack('rust-reqwest-hyper');
    return match(hyper, tcpAgrees(hyper, signs) ? 'likely' : 'possible');
  }
  if (short === 'Host,Accept' && anonymous) return match(stack('php-curl'), 'possible');
  if (short === 'Host,User-Agent,Accept') return match(stack('curl'), 'possible');
  return null;
}

/** The longer order says more: aiohttp's holds urllib3's. */
function mostNames(entries: readonly Stack[]): Stack | null {
  const names = (entry: Stack) => entry.recognise.headerOrder?.length ?? 0;
  return entries.reduce<Stack | null>((best, entry) => (best === null || names(entry) > names(best) ? entry : best), null);
}

function byTcp({ probeIdleSeconds, idleCloseSeconds }: ClientSigns): StackMatch | null {
  if (isProbe([1], probeIdleSeconds)) return match(stack('node-http-agent'), 'possible');
  if (isProbe([45], probeIdleSeconds)) return match(stack('chrome'), 'possible');
  if (isProbe([30, 15], probeIdleSeconds) && idleCloseSeconds != null && isWithin(idleCloseSeconds, 89.5, 91)) return match(stack(GO), 'possible');
  return null;
}

const GO = 'go-net-http-client';
/** Go's spelling of field names (net/textproto CanonicalMIMEHeaderKey). */
const CANONICAL = /^[A-Z0-9][a-z0-9]*(-[A-Z0-9][a-z0-9]*)*$/;

/**
 * Go's Request.write: Host, User-Agent, Connection: close, the body's framing, the program's fields in byte order, then what
 * the Transport adds, Accept-Encoding as a rule (golang/go src/net/http/request.go, transport.go).
 */
function isGoOrder(order: readonly string[]): boolean {
  if (order[0] !== 'Host' || order[1] !== 'User-Agent') return false;
  let at = 2;
  if (order[at] === 'Connection') at++;
  if (order[at] === 'Content-Length' || order[at] === 'Transfer-Encoding') at++;
  if (order[at] === 'Trailer') at++;
  let end = order.length;
  if (order[end - 1] === 'Connection' && end > at) end--;
  if (order[end - 1] === 'Accept-Encoding' && end > at) end--;
  for (let i = at; i < end; i++) {
    if (!CANONICAL.test(order[i]!)) return false;
    if (i > at && order[i - 1]! > order[i]!) return false;
  }
  return true;
}

/** Other programs write Host, User-Agent, Accept, Accept-Encoding too: what is Go's alone is Accept-Encoding behind fields that sort after it. */
function goByOrder(order: readonly string[], signs: ClientSigns): StackMatch {
  const go = stack(GO);
  if (tcpAgrees(go, signs)) return match(go, 'certain');
  const before = order[order.lastIndexOf('Accept-Encoding') - 1]!;
  const bare = order.length === 3;
  const onlyGo = bare || before === 'User-Agent' || before === 'Content-Length' || before === 'Transfer-Encoding' || before > 'Accept-Encoding';
  return match(go, onlyGo ? 'likely' : 'possible');
}

/** Node's agents and PHP's streams write the same two fields and no User-Agent; the agents show by their probes and timers. */
function nodeByTcp(signs: ClientSigns): StackMatch {
  const node = stack('node-http-agent');
  const probes = isProbe([1], signs.probeIdleSeconds);
  const idle = signs.idleCloseSeconds ?? null;
  if (probes && idle !== null && isWithin(idle, 3.9, 4.1)) return match(stack('agentkeepalive'), 'likely');
  if (probes) return match(node, 'certain');
  return match(node, idle !== null && isWithin(idle, 4.9, 5.1) ? 'likely' : 'possible');
}

/** An intermediary in its client role, by what it adds to a request or how it rewrites one. */
function proxyByFields(order: readonly string[], userAgent: string | null, named: Candidate | null): StackMatch | null {
  const lower = order.every((name) => name === name.toLowerCase());
  const has = (name: string) => order.some((field) => field.toLowerCase() === name);
  if (has('x-envoy-expected-rq-timeout-ms') || has('x-envoy-attempt-count')) return match(stack('envoy-upstream'), 'likely');
  if (named?.stack.role === 'load-balancer') return null;
  if (has('x-varnish')) return match(stack('varnish-backend'), 'likely');
  const fields = order.join();
  if (/(^|,)Via,(Surrogate-Capability,)?(X-Forwarded-For,)?Cache-Control,Connection$/.test(fields)) return match(stack('squid-upstream'), 'likely');
  if (/(^|,)X-Forwarded-For,X-Forwarded-Host,X-Forwarded-Server(,Content-Length|,Transfer-Encoding)?,Connection$/.test(fields)) return match(stack('apache-proxy'), 'likely');
  const forwarded = order.some((name) => FORWARDED.test(name));
  if (forwarded) {
    if (lower) return match(stack('haproxy-backend'), 'possible');
    // A Go client behind a proxy would have sent Accept-Encoding, in its sorted place: this one's Transport added it.
    if (named?.stack.id === GO && order.at(-1) === 'Accept-Encoding') return null;
    if (isProxiedGoOrder(order)) {
      if (has('x-forwarded-server') && has('x-real-ip')) return match(stack('traefik-backend'), 'likely');
      if (has('x-forwarded-host') && has('x-forwarded-proto')) return match(stack('caddy-backend'), 'possible');
      if (has('x-forwarded-for')) return match(stack('go-reverse-proxy'), 'likely');
    }
    const added = order.findIndex((name) => FORWARDED.test(name));
    if (order[0] === 'Host' || added === 0) return added >= 0 && added <= 2 ? match(stack('nginx-upstream'), 'possible') : null;
    return null;
  }
  if (named === null || userAgent === null || ordersAgree(named.stack, order)) return null;
  // The name of one stack in another's writing: what wrote it is in between.
  if (lower && order[0] === 'host' && !isLowerCase(named.stack)) return match(stack('haproxy-backend'), 'likely');
  if (order[0] === 'Host' && order[1] === 'Connection' && ordersAgree(named.stack, ['Host', ...order.slice(2)])) return match(stack('nginx-upstream'), 'likely');
  return null;
}

/** A cache that answers for others, by what it adds to a response; the Server field is that of whom it asked. */
function cacheByFields(order: readonly string[]): StackMatch | null {
  if (order.includes('X-Varnish') && order.includes('Via')) return match(stack('varnish'), 'likely');
  return /(^|,)X-Cache,(X-Cache-Lookup,)?Via(,Connection)?$/.test(order.join()) ? match(stack('squid'), 'likely') : null;
}

/** Go's order with another client's fields in it: the program's fields include Accept-Encoding, and User-Agent may be missing. */
function isProxiedGoOrder(order: readonly string[]): boolean {
  return isGoOrder(order[1] === 'User-Agent' ? order : ['Host', 'User-Agent', ...order.slice(1)]) && order[0] === 'Host';
}

function isLowerCase({ recognise }: Stack): boolean {
  return recognise.headerOrder?.every((name) => name === name.toLowerCase()) === true;
}

type OrderTest = (order: readonly string[]) => boolean;

/** How a server that names itself begins a head; one that a proxy passed on begins otherwise. */
const NAMED_ORDERS: Readonly<Record<string, OrderTest>> = {
  'nginx-server': (order) => order[0] === 'Server' && order[1] === 'Date',
  'apache-httpd': (order) => order[0] === 'Date' && order[1] === 'Server',
};

/**
 * How servers that do not name themselves order a response head. Node: Date, Connection, Keep-Alive, then the framing.
 * Go: the handler's fields in byte order, Date, then a fixed row. hyper and HAProxy write lower case.
 */
const NAMELESS_ORDERS: Readonly<Record<string, OrderTest>> = {
  'node-http-server': (order) => /(^|,)Date,Connection,Keep-Alive(,Content-Length|,Transfer-Encoding)?$|(^|,)Date,Connection,Content-Length$/.test(order.join()),
  tomcat: (order) => order.join().endsWith('Date,Keep-Alive,Connection'),
  'jdk-httpserver': (order) => order[0] === 'Date' && (order.includes('Content-length') || order.includes('Content-type')),
  'go-net-http-server': isGoResponse,
  'hyper-server': (order) => order.at(-1) === 'date' && order.every((name) => name === name.toLowerCase()) && !order.includes('server'),
  'haproxy-frontend': (order) => order.length > 1 && order.includes('date') && order.every((name) => name === name.toLowerCase()),
};
/** Others write the same: any server behind HTTP/2 lower case, and a closing Node what a closing Go writes. */
function isSharedOrder(id: string, order: readonly string[]): boolean {
  return id === 'hyper-server' || id === 'haproxy-frontend' || (id === 'go-net-http-server' && /Date,Connection(,Transfer-Encoding)?$/.test(order.join()));
}

function isGoResponse(order: readonly string[]): boolean {
  const date = order.indexOf('Date');
  if (date < 0 || order.includes('Server') || order.includes('Keep-Alive')) return false;
  for (let i = 1; i < date; i++) if (order[i - 1]! > order[i]!) return false;
  if (!order.slice(0, date).every((name) => CANONICAL.test(name) && name !== 'Connection' && name !== 'Transfer-Encoding')) return false;
  let row = 0;
  for (const name of order.slice(date + 1)) {
    row = GO_AFTER_DATE.indexOf(name, row) + 1;
    if (row === 0) return false;
  }
  return order.length > 1;
}

const GO_AFTER_DATE = ['Content-Length', 'Content-Type', 'Connection', 'Transfer-Encoding'];

/** Whether the probes, or the timer that closed idle connections, are this stack's defaults. A timer alone is shared by too many to name one, but it can agree with a name. */
function tcpAgrees(entry: Stack, { probeIdleSeconds, idleCloseSeconds }: ClientSigns): boolean {
  if (isProbe(entry.client?.keepAliveProbe?.first, probeIdleSeconds)) return true;
  const timer = entry.client?.idleCloseSeconds;
  return timer !== undefined && timer.max !== null && idleCloseSeconds != null && isWithin(idleCloseSeconds, timer.min, timer.max);
}

/** The kernel's timers run a little late, up to a second at 30 s. */
function isProbe(spacings: readonly number[] | undefined, seconds: number | null | undefined): boolean {
  return seconds != null && spacings?.some((spacing) => isWithin(seconds, spacing * 0.97, spacing * 1.04 + 0.1)) === true;
}

function isWithin(value: number, min: number, max: number): boolean {
  return value >= min && value <= max;
}

function match({ id, name }: Stack, confidence: Confidence): StackMatch {
  return { id, name, confidence };
}

function compiled(pattern: string | undefined): RegExp | null {
  return pattern === undefined ? null : new RegExp(pattern);
}

function split(order: string | null): readonly string[] | null {
  return order === null || order === '' ? null : order.split(',');
}
