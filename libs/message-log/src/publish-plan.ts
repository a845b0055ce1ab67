import type { LoggedRoute } from './fact.js';

export interface PublishPlan {
  readonly queues: readonly string[];
  readonly routes: readonly LoggedRoute[];
}

const remembered = 1_000;

/** Reads the routes of publish entries; the same plan comes again and again, so it is parsed once. */
export class PlanReader {
  readonly #known = new Map<string, PublishPlan>();

  /** Throws when the plan is not what the broker writes. */
  read(json: string): PublishPlan {
    const known = this.#known.get(json);
    if (known) return known;
    const plan = parsePlan(json);
    if (this.#known.size >= remembered) this.#known.clear();
    this.#known.set(json, plan);
    return plan;
  }
}

function parsePlan(json: string): PublishPlan {
  const plan = JSON.parse(json) as { queues?: unknown; routes?: unknown; cause?: unknown };
  const queues = listOf(plan.queues).map((queue) => textOf(typeof queue === 'object' && queue !== null ? (queue as { id?: unknown }).id : queue));
  const cause = plan.cause === undefined ? 'publish' : textOf(plan.cause);
  const routes = listOf(plan.routes).map((each) => {
    const route = each as { on?: unknown; exchanges?: unknown; queues?: unknown; all?: unknown };
    const exchanges = listOf(route.exchanges).map(textOf);
    return {
      on: textOf(route.on), exchanges, cause,
      queues: listOf(route.queues).map((index) => textOf(queues[index as number])),
      passed: route.all === undefined ? exchanges : listOf(route.all).map(textOf),
    };
  });
  return { queues, routes };
}

/** An empty list may come as an empty object: Lua tells no difference. */
function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return [];
  throw new Error('plan: a list is missing');
}

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new Error('plan: a name is missing');
  return value;
}
