import { Shape } from './close-shape.ts';
import type { Digest } from './digest.ts';
import { JointTimeline, type Moments, Timeline } from './timeline.ts';

/** Closes within this time are one event. */
export const AT_ONE_MOMENT = 100e6;

/** The connections of one endpoint that one program of the client's address opened, and those that may be of it. Times in nanoseconds. */
export class ClientProgram {
  private readonly digest: Digest;
  /** Of its own connections; null: all of the endpoint. */
  private readonly places: Int32Array | null;
  private outlives: boolean | null = null;
  readonly timeline: Moments;

  constructor(digest: Digest, places: Int32Array | null, timeline: Moments) {
    this.digest = digest;
    this.places = places;
    this.timeline = timeline;
  }

  /** Whether anything of it went on after one of its closes at once: a pool that overflows lives on, a program that ends does not. */
  get outlivesCloses(): boolean {
    return (this.outlives ??= this.wentOn());
  }

  private wentOn(): boolean {
    const { digest, places, timeline } = this;
    for (let i = 0; i < (places?.length ?? digest.count); i++) {
      const place = places === null ? i : places[i]!;
      if (digest.shapes[place] !== Shape.clientFinAtOnce) continue;
      const closed = digest.closed[place]!;
      if (timeline.openAt(closed + AT_ONE_MOMENT) > 0 || timeline.openedWithin(closed, closed + AT_ONE_MOMENT) > 0) return true;
    }
    return false;
  }
}

/** The programs of an endpoint by their names (string ids): what one does says nothing of another. Those that name themselves alike are one; connections that name nobody may be of each. */
export class ClientPrograms {
  private readonly digest: Digest;
  private readonly all: ClientProgram;
  /** Places by name, ascending, where there are several. */
  private readonly places: ReadonlyMap<number, Int32Array> | null;
  private readonly nameless: Timeline;
  private readonly byAgent = new Map<number, ClientProgram>();

  constructor(digest: Digest, timeline: Timeline) {
    this.digest = digest;
    this.all = new ClientProgram(digest, null, timeline);
    this.places = hasSeveral(digest) ? placesByAgent(digest) : null;
    this.nameless = this.timelineOf(this.places?.get(0));
  }

  of(agent: number): ClientProgram {
    const places = agent === 0 ? undefined : this.places?.get(agent);
    if (places === undefined) return this.all;
    let program = this.byAgent.get(agent);
    if (program === undefined) this.byAgent.set(agent, (program = new ClientProgram(this.digest, places, new JointTimeline(this.timelineOf(places), this.nameless))));
    return program;
  }

  get areSeveral(): boolean {
    return this.places !== null;
  }

  /** Whether the connections at two places may be of one program. */
  areOne(place: number, other: number): boolean {
    if (this.places === null) return true;
    const { agents } = this.digest;
    const agent = agents[place]!;
    return agent === agents[other] || agent === 0 || agents[other] === 0;
  }

  private timelineOf(places: Int32Array | undefined): Timeline {
    const timeline = new Timeline();
    if (places === undefined) return timeline;
    const { opened, closed } = this.digest;
    timeline.opened = new Float64Array(places.length);
    timeline.closed = new Float64Array(places.length);
    for (let i = 0; i < places.length; i++) {
      timeline.opened[i] = opened[places[i]!]!;
      timeline.closed[i] = closed[places[i]!]!;
    }
    timeline.opened.sort();
    timeline.closed.sort();
    return timeline;
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

function placesByAgent({ agents, count }: Digest): ReadonlyMap<number, Int32Array> {
  const counts = new Map<number, number>();
  for (let place = 0; place < count; place++) counts.set(agents[place]!, (counts.get(agents[place]!) ?? 0) + 1);
  const places = new Map<number, Int32Array>();
  for (let place = count - 1; place >= 0; place--) {
    const agent = agents[place]!;
    const left = counts.get(agent)!;
    if (!places.has(agent)) places.set(agent, new Int32Array(left));
    places.get(agent)![left - 1] = place;
    counts.set(agent, left - 1);
  }
  return places;
}
