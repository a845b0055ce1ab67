import type { Handlers } from '../handler.js';
import type { TestClock } from '../state.js';
import { invalid } from '../stripe-failure.js';
import type { World } from '../world.js';
import { catchUp } from '../timeline.js';

const longestMonthS = 31 * 86_400;

function view(world: World, row: TestClock): object {
  return {
    id: row.id, object: 'test_helpers.test_clock', created: row.created, deletes_after: row.created + 30 * 86_400, frozen_time: world.now(), livemode: false, name: row.name, status: 'ready', status_details: {},
  };
}

/** A test clock is the double's own clock, held: there is one, and what it moves is everything. */
export const clocks: Handlers = {
  'POST /v1/test_helpers/test_clocks': ({ world, params }) => {
    if (world.testClocks.all().length > 0) throw invalid('The double has one test clock; advance or delete it', 'frozen_time');
    world.clock.hold(params.integer('frozen_time') * 1000);
    return view(world, world.testClocks.add({ id: world.testClocks.newId(), created: world.now(), name: params.optionalText('name') }));
  },
  'GET /v1/test_helpers/test_clocks/{id}': ({ world, ids }) => view(world, world.testClocks.get(ids[0]!)),
  'POST /v1/test_helpers/test_clocks/{id}/advance': ({ world, ids, params }) => {
    const row = world.testClocks.get(ids[0]!);
    const to = params.integer('frozen_time');
    if (to < world.now()) throw invalid('A test clock only goes forward', 'frozen_time');
    const limit = world.rules.clockAdvanceLimitIntervals;
    if (to > world.now() + limit * longestMonthS) throw invalid(`A test clock advances at most ${limit} intervals of the shortest subscription`, 'frozen_time');
    world.clock.advanceTo(to * 1000);
    catchUp(world);
    return view(world, row);
  },
  'DELETE /v1/test_helpers/test_clocks/{id}': ({ world, ids }) => {
    const { id } = world.testClocks.get(ids[0]!);
    world.testClocks.delete(id);
    return { id, object: 'test_helpers.test_clock', deleted: true };
  },
};
