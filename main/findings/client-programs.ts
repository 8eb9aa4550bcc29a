import { Shape } from './close-shape.ts';
import type { Digest } from './digest.ts';
import { Timeline } from './timeline.ts';

/** Closes within this time are one event. */
export const AT_ONE_MOMENT = 100e6;

/** The connections of one endpoint that one program of the client's address opened. */
export class ClientProgram {
  readonly timeline: Timeline;
  /** Whether anything of it went on after one of its closes at once: a pool that overflows lives on, a program that ends does not. */
  readonly outlivesCloses: boolean;

  /** @param closes when connections were closed at once, nanoseconds */
  constructor(timeline: Timeline, closes: Iterable<number>) {
    this.timeline = timeline;
    this.outlivesCloses = false;
    for (const closed of closes) {
      const until = closed + AT_ONE_MOMENT;
      if (timeline.openAt(until) === 0 && timeline.openedWithin(closed, until) === 0) continue;
      this.outlivesCloses = true;
      break;
    }
  }
}

/** The programs of an endpoint by their names (string ids): what one does says nothing of another. Those that name themselves alike are one; connections that name nobody may be of each. */
export class ClientPrograms {
  private readonly digest: Digest;
  private readonly timeline: Timeline;
  /** Of each place; null where all are of one program. */
  private readonly agents: Uint32Array | null = null;
  private all: ClientProgram | null = null;
  private readonly byAgent = new Map<number, ClientProgram>();

  constructor(digest: Digest, timeline: Timeline) {
    this.digest = digest;
    this.timeline = timeline;
    if (!hasSeveral(digest)) return;
    const agents = digest.agents.subarray(0, digest.count);
    this.agents = agents;
    const places = new Map<number, number[]>();
    const nameless: number[] = [];
    for (let place = 0; place < agents.length; place++) {
      const own = agents[place] === 0 ? nameless : places.get(agents[place]!);
      if (own === undefined) places.set(agents[place]!, [place]);
      else own.push(place);
    }
    for (const [agent, ownPlaces] of places) {
      const own = [...ownPlaces, ...nameless];
      const part = new Timeline();
      part.opened = Float64Array.from(own, (place) => digest.opened[place]!).sort();
      part.closed = Float64Array.from(own, (place) => digest.closed[place]!).sort();
      this.byAgent.set(agent, new ClientProgram(part, closesAtOnce(digest, own)));
    }
  }

  of(agent: number): ClientProgram {
    return this.byAgent.get(agent) ?? (this.all ??= new ClientProgram(this.timeline, closesAtOnce(this.digest, null)));
  }

  get areSeveral(): boolean {
    return this.agents !== null;
  }

  /** Whether the connections at two places may be of one program. */
  areOne(place: number, other: number): boolean {
    if (this.agents === null) return true;
    const agent = this.agents[place]!;
    return agent === this.agents[other] || agent === 0 || this.agents[other] === 0;
  }
}

/** Whether two connections name their programs differently. */
function hasSeveral({ agents, count }: Digest): boolean {
  let named = 0;
  for (let place = 0; place < count; place++) {
    const agent = agents[place]!;
    if (agent === 0 || agent === named) continue;
    if (named !== 0) return true;
    named = agent;
  }
  return false;
}

/** When those of some places, or of all, were closed by the client's FIN at once. */
function* closesAtOnce(digest: Digest, places: readonly number[] | null): Generator<number> {
  for (let i = 0; i < (places?.length ?? digest.count); i++) {
    const place = places === null ? i : places[i]!;
    if (digest.shapes[place] === Shape.clientFinAtOnce) yield digest.closed[place]!;
  }
}
