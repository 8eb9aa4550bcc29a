import type { CloseCause } from '../../shared/model/report.ts';
import { TlsBits } from '../store/connection-columns.ts';
import { NearRows } from '../store/near-rows.ts';
import type { ResultStore } from '../store/result-store.ts';
import { ageOfIdleCloses, clientAgeLimit } from './age-limit.ts';
import { ConnectionCase } from './case.ts';
import { AT_ONE_MOMENT, type ClientProgram, ClientPrograms } from './client-programs.ts';
import { bodyWasRead } from './client-close.ts';
import { IdleCloses } from './close-times.ts';
import { Shape } from './close-shape.ts';
import { Digest, DigestBit } from './digest.ts';
import { Evictions } from './evictions.ts';
import { IdleTimes } from './idle-times.ts';
import { HealthChecks } from './health-checks.ts';
import { KindCounts } from './kind-counts.ts';
import { PoolRoom } from './pool-room.ts';
import type { RequestKinds } from './request-kinds.ts';
import { reusableFrom } from './reusable.ts';
import type { Scratch } from './scratch.ts';
import { StackSigns } from './stack-signs.ts';
import type { StackTraits } from './stack-traits.ts';
import { Timeline } from './timeline.ts';

/** So many connections, and such a share, dialled beside an idle one: a dial that crosses a response explains less. */
const PASSED_OVER = 3;
const PASSED_OVER_SHARE = 0.25;
/** Closes at once of what was surely read, that make a habit; so many closes are looked at for them. */
const READ_AND_CLOSED = 3;
const MOST_LOOKED_AT = 64;

/** How a side closes what lies idle. */
const CLIENT_CLOSES: ReadonlySet<Shape> = new Set([Shape.clientFinLater]);
const SERVER_CLOSES: ReadonlySet<Shape> = new Set([Shape.serverFin]);

/** A FIN of the server that is not answered within this time (unless the capture ends before) waits for a program that does not look. */
export const CLOSE_WAIT_FROM = 200e6;

/** What the connections of one client address to one server address and port say together. One object, begun anew for each. */
export class EndpointGroup {
  /** Rows, by first packet. */
  rows: Uint32Array = new Uint32Array(0);
  clientStack: StackTraits | null = null;
  /** When the capture ends, nanoseconds. */
  end = 0;
  /** What other programs of the client's address are, by their names and the order of their fields (string ids). */
  stackByHead: (agent: number, headerOrder: number) => StackTraits | null = () => null;
  serverStack: StackTraits | null = null;
  readonly digest = new Digest();
  readonly serverCloses = new IdleCloses(this.digest);
  readonly clientCloses = new IdleCloses(this.digest);
  /** Connections that ended with a close option of the server, by their number of exchanges: count, and the shortest and longest age. */
  readonly announcedCounts = new Map<number, { connections: number; shortest: number; longest: number }>();
  /** All of those; the age at which the first of them was announced, and the latest at which a response before was not; nanoseconds. */
  announced = 0;
  shortestAnnounced = Number.POSITIVE_INFINITY;
  latestUnannounced = 0;
  /** When the first and the last of them closed, and the last was opened; nanoseconds since the origin. */
  firstAnnounced = Number.POSITIVE_INFINITY;
  lastAnnounced = 0;
  lastAnnouncedOpened = 0;
  /** How old connections were that the server announced to close; how long requests waited until it closed unannounced. */
  readonly announcedAges = new IdleCloses(this.digest);
  readonly serverWaits = new IdleCloses(this.digest);
  /** How old requests were that the client abandoned. */
  readonly abortAges = new IdleCloses(this.digest);
  /** Silent closes at once after a response, by number of exchanges: of the client, of the server. */
  readonly atOnceCounts = new Map<number, number>();
  readonly silentServerCounts = new Map<number, number>();
  atOnce = 0;
  /** Seconds of the `timeout=` the server advertises, 0 without; whether it advertises `max=`. */
  keepAliveHint = 0;
  countsDown = false;
  /** Of some connections the last exchange was not read but estimated. */
  hasSealed = false;
  /** Most exchanges on one connection. */
  mostExchanges = 0;
  private programs: ClientPrograms | null = null;
  private evicting: boolean | null = null;
  private closing: boolean | null = null;
  private ageLimit: number | null = null;
  private haveMost: number | null = null;
  private ageOfClient: number | null = null;
  private ageOfServer: number | null = null;
  private closesRead: boolean | null = null;
  private noTls: boolean | null = null;
  private longestIdle: number | null = null;
  private room: PoolRoom | null = null;
  private besideIdle: { readonly single: number; readonly passedOver: number } | null = null;
  /** Rows with events: probes, zero windows, resets and the like. */
  readonly eventful: number[] = [];
  /** Rows that the server closed by a FIN the client answered late or never by its own; rows opened and closed without a byte. */
  readonly unansweredFins: number[] = [];
  readonly unused: number[] = [];
  /** Rows whose only request never came to the end of its head. */
  readonly cutRequests: number[] = [];
  /** The shortest idle time after which the server closed by its idle timeout, nanoseconds. */
  shortestServerIdle = Number.POSITIVE_INFINITY;
  /** What the verdicts name, as cause or besides. */
  readonly causes = new Set<CloseCause>();
  readonly signs = new StackSigns();
  readonly healthChecks: HealthChecks;
  /** Their rows, copied. */
  readonly near: NearRows;
  readonly timeline = new Timeline();
  readonly kinds: KindCounts;
  private readonly scratch: Scratch;
  private readonly store: ResultStore;
  private readonly evictions: Evictions;
  private readonly looked: ConnectionCase;

  constructor(store: ResultStore, requestKinds: RequestKinds, scratch: Scratch) {
    this.store = store;
    this.near = new NearRows(store);
    this.healthChecks = new HealthChecks(store);
    this.evictions = new Evictions(store);
    this.looked = new ConnectionCase(store);
    this.scratch = scratch;
    this.kinds = new KindCounts(store, requestKinds, this.digest);
  }

  begin(rows: Uint32Array): void {
    this.rows = rows;
    this.near.begin(rows);
    this.clientStack = this.serverStack = null;
    for (const closes of [this.serverCloses, this.clientCloses, this.announcedAges, this.serverWaits, this.abortAges]) closes.clear();
    for (const counts of [this.announcedCounts, this.atOnceCounts, this.silentServerCounts]) if (counts.size > 0) counts.clear();
    this.atOnce = this.keepAliveHint = this.mostExchanges = this.announced = this.latestUnannounced = 0;
    this.shortestAnnounced = this.firstAnnounced = Number.POSITIVE_INFINITY;
    this.lastAnnounced = this.lastAnnouncedOpened = 0;
    this.countsDown = this.hasSealed = false;
    this.programs = this.evicting = this.closing = this.ageLimit = this.haveMost = this.ageOfClient = this.ageOfServer = this.closesRead = this.noTls = this.longestIdle = this.besideIdle = this.room = null;
    this.eventful.length = this.unansweredFins.length = this.unused.length = this.cutRequests.length = 0;
    this.shortestServerIdle = Number.POSITIVE_INFINITY;
    this.causes.clear();
    this.signs.clear();
    this.digest.begin(rows.length);
    this.kinds.clear();
  }

  /** To be called once the digest is full. */
  beginTimeline(): void {
    this.timeline.begin(this.digest, this.scratch);
  }

  /** The software that a connection belongs to: the endpoint's, unless it names itself otherwise. */
  clientStackOf(c: ConnectionCase): StackTraits | null {
    const { signs } = this.store.connections;
    const id = c.signsId;
    const agent = signs.clientAgent(id);
    return agent === 0 || agent === this.signs.agent ? this.clientStack : this.stackByHead(agent, signs.clientHeaderOrder(id));
  }

  /** Seconds of the `timeout=` advertised on a connection, else on others of the endpoint; 0 without. Behind one address may be several servers. */
  hintOf(c: ConnectionCase): number {
    const own = this.store.connections.signs.keepAliveTimeout(c.signsId);
    return own > 0 ? own - 1 : this.keepAliveHint;
  }

  /** Whether several connections were announced to close at one moment, and no other. */
  get announcedTogether(): boolean {
    return this.announced > 1 && this.lastAnnounced - this.firstAnnounced <= AT_ONE_MOMENT && this.lastAnnouncedOpened < this.firstAnnounced;
  }

  get clientPrograms(): ClientPrograms {
    return (this.programs ??= new ClientPrograms(this.digest, this.timeline));
  }

  /** The program of the client's address that opened a connection: what others there do says nothing of it. */
  programOf(c: ConnectionCase): ClientProgram {
    return this.clientPrograms.of(this.store.connections.signs.clientAgent(c.signsId));
  }

  /** How many other connections of its program were open when this one closed. */
  othersOpen(c: ConnectionCase): number {
    return this.programOf(c).timeline.openAt(c.closedAt);
  }

  /** How many other connections of its program closed at the moment this one did. */
  closedWith(c: ConnectionCase): number {
    return this.programOf(c).timeline.closedWithin(c.closedAt - AT_ONE_MOMENT, c.closedAt + AT_ONE_MOMENT) - 1;
  }

  /** Whether all that its program had open closed at the moment this one did, and it opened none after. */
  isLastOfProgram(c: ConnectionCase): boolean {
    const { timeline } = this.programOf(c);
    const until = c.closedAt + AT_ONE_MOMENT;
    return timeline.openAt(until) === 0 && timeline.openedWithin(c.closedAt, Number.POSITIVE_INFINITY) === 0;
  }

  /**
   * Whether connections that carried one request and were closed at once had been opened while another lay idle, again
   * and again: they are not of the same pool as that one, which would have been taken (two programs behind one address).
   */
  get closesAreOfAnotherPool(): boolean {
    const { passedOver, single } = this.dialledBesideIdle;
    return passedOver >= PASSED_OVER && passedOver >= PASSED_OVER_SHARE * single;
  }

  /** How many connections with one request were closed at once, and how many of them had been opened while another lay idle. */
  get dialledBesideIdle(): { readonly single: number; readonly passedOver: number } {
    return (this.besideIdle ??= this.countBesideIdle());
  }

  /** What lay idle when connections were closed at once. */
  get poolRoom(): PoolRoom {
    // First what uses the same arrays.
    void this.dialledBesideIdle;
    return (this.room ??= new PoolRoom(this.store, this, this.scratch));
  }

  /** Whether the client closed this connection to make room in a pool that serves other servers too, as it did with most others of the endpoint. */
  isEvicted(c: ConnectionCase): boolean {
    return this.evicts && this.evictions.isEvicted(c);
  }

  /** Whether most connections that the client closed were closed so. */
  get evicts(): boolean {
    return (this.evicting ??= this.evictions.areHabit(this.digest, this.rows, this.timeline, this.looked));
  }

  /** Whether most connections that the client closed after a while it closed with the end of a response on another one: no timer waits for that. */
  get closesBehindAnswers(): boolean {
    return (this.closing ??= this.evictions.followAnswers(this.digest, this.rows, this.looked));
  }

  /** How many connections carried as many exchanges as any did. */
  get haveMostExchanges(): number {
    return (this.haveMost ??= this.rows.reduce((count, row) => count + (this.store.connections.exchanges.get(row) === this.mostExchanges ? 1 : 0), 0));
  }

  /** After how many nanoseconds the client lets go of a connection with its next response; 0 where it does not. */
  get clientAgeLimit(): number {
    return (this.ageLimit ??= clientAgeLimit(this.digest, this.rows, this.looked));
  }

  /** The age at which the client, the server closes its idle connections, whatever they did, nanoseconds; 0 where none shows. */
  get clientAge(): number {
    return (this.ageOfClient ??= ageOfIdleCloses(this.digest, CLIENT_CLOSES));
  }

  get serverAge(): number {
    return (this.ageOfServer ??= ageOfIdleCloses(this.digest, SERVER_CLOSES));
  }

  /** Whether there are several connections, and TLS came to its end on none. */
  get tlsNeverCameAbout(): boolean {
    const { tlsState } = this.store.connections;
    return (this.noTls ??= this.rows.length > 1 && this.rows.every((row) => (tlsState.get(row) & TlsBits.UNFINISHED) !== 0));
  }

  /** The longest that a connection lay idle before it was used again, nanoseconds; 0 where none was. */
  get longestReused(): number {
    return (this.longestIdle ??= this.findLongestReused());
  }

  private findLongestReused(): number {
    let longest = 0;
    if (this.mostExchanges < 2) return longest;
    const { connections, exchanges } = this.store;
    for (const row of this.rows) {
      let next = connections.lastExchange.get(row) - 1;
      while (next >= 0) {
        const exchange = exchanges.previous.get(next) - 1;
        if (exchange >= 0) {
          const idle = exchanges.time.get(next) - reusableFrom(this.store, exchange);
          if (idle > longest) longest = idle;
        }
        next = exchange;
      }
    }
    return longest;
  }

  /** Whether the client, one program, uses none of its connections twice and closed at once, again and again, what left nothing unread. */
  get closesWhatItRead(): boolean {
    return (this.closesRead ??= this.mostExchanges === 1 && !this.clientPrograms.areSeveral && this.countReadAtOnce() === READ_AND_CLOSED);
  }

  private countReadAtOnce(): number {
    let looked = 0;
    let read = 0;
    for (let place = 0; place < this.digest.count && looked < MOST_LOOKED_AT && read < READ_AND_CLOSED; place++) {
      if (this.digest.shapes[place] !== Shape.clientFinAtOnce) continue;
      looked++;
      this.looked.load(this.rows[place]!);
      if (bodyWasRead(this.looked, this)) read++;
    }
    return read;
  }

  private countBesideIdle(): { single: number; passedOver: number } {
    const { digest } = this;
    const idles = new IdleTimes(this.store, this, Number.POSITIVE_INFINITY, this.scratch);
    let single = 0;
    let passedOver = 0;
    for (let place = 0; place < digest.count; place++) {
      if (digest.shapes[place] !== Shape.clientFinAtOnce || (digest.bits[place]! & DigestBit.SINGLE) === 0) continue;
      single++;
      const opened = digest.opened[place]!;
      if (idles.countAt(opened) > 0 && (!this.clientPrograms.areSeveral || idles.one(opened, this.clientPrograms, place) >= 0)) passedOver++;
    }
    return { single, passedOver };
  }
}
