import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRoute, parseRoute, SCREENS, START, type Route } from '../../../renderer/frame/route.ts';

const text = fc.string({ maxLength: 40 });
const route: fc.Arbitrary<Route> = fc
  .record({
    screen: fc.constantFrom(...SCREENS.filter((screen) => screen !== 'start')),
    id: fc.integer({ min: 0, max: 1e12 }),
    query: text,
    exchangeQuery: text,
    range: fc.option(fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.double({ min: 1e-6, max: 1e6, noNaN: true })).map(([from, span]) => ({ from, to: from + span })).filter(({ from, to }) => from < to)),
    frame: fc.option(text),
    rule: fc.option(text),
  })
  .map((one) => ({ ...one, id: one.screen === 'connection' || one.screen === 'endpoint' ? one.id : null }));

describe('the address of a screen', () => {
  it('says the screen and its filters', () => {
    expect(formatRoute({ ...START, screen: 'connections', query: 'cause:server-idle requests:<2' })).toBe('#/connections?q=cause%3Aserver-idle+requests%3A%3C2');
    expect(parseRoute('#/connection/57?frame=1%3A120&from=0&to=12.5')).toEqual({ ...START, screen: 'connection', id: 57, frame: '1:120', range: { from: 0, to: 12.5 } });
  });

  it('is read as it was written, whatever a filter holds', () => {
    fc.assert(
      fc.property(route, (one) => {
        // By text: a zero has a sign.
        expect(JSON.stringify(parseRoute(formatRoute(one)))).toBe(JSON.stringify(one));
      }),
      { seed: 1 },
    );
  });

  it.each(['', '#', '#/', '#/nowhere', '#/connection', '#/connection/x', '#/connection/-1', '#/endpoint/', '#/__proto__', '#token=abc'])('of %j is the start', (hash) => {
    expect(parseRoute(hash)).toEqual(START);
  });

  it.each(['from=5&to=5', 'from=6&to=5', 'from=&to=', 'from=a&to=b', 'to=5', 'from=0&to=Infinity'])('has no range in %j', (search) => {
    expect(parseRoute(`#/overview?${search}`).range).toBeNull();
  });
});
