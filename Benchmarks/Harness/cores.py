"""Two cores against one: does it work with few and with many connections, and at what cost?

The limit server beside shows what the kernel's wakes alone make of it, h2o how a peer with threads fares. Apus and the
limit server are measured a second time as SCHED_BATCH, on one core as well as on two: see the article on deploying.
"""

import load
from measure import pairs
from spread import spread

CONNECTIONS = (1, 2, 3, 64, 2000)
JUDGED = 64  # the number of connections that the goal is about
BATCH = "as batch"


def run(bench):
    """CPU per request with two cores over that with one, and how evenly the load spread over the two.

    The one client thread stays on core 1 in both cases, so with two cores it shares that core.
    """
    entry = {"kind": "cores", "title": "two cores against one", "servers": {}}
    for name, batch in (("apus", False), ("limit", False), ("h2o", False), ("apus", True), ("limit", True)):
        if name in bench.names:
            title = f"{name}, {BATCH}" if batch else name
            entry["servers"][title] = _measure(bench, name, batch, title)
    entry["goals"] = [_goal(entry, "apus", "x one core"), _goal(entry, f"apus, {BATCH}", f"x one core, {BATCH}")]
    return entry


def _goal(entry, name, unit):
    found = entry["servers"][name]["ratios"][str(JUDGED)]["median"]
    return {"metric": "cpu_us", "unit": unit, "at_most": 1.1, "found": found, "met": found <= 1.1}


def _measure(bench, name, batch, title):
    seen = {"ratios": {}, "spread": {}}
    with bench.running(name, "0,1", cores=2, batch=batch) as two, bench.running(name, cores=1, batch=batch) as one:
        for connections in CONNECTIONS:

            def drive(port, connections=connections):
                return load.wrk(port, "/plaintext", bench.seconds, connections, nice=bench.nice)

            before = two.run_time_by_thread()
            kept, _ = pairs(two, one, drive, bench.rounds if connections >= JUDGED else 3)
            used = [after - before.get(thread, 0) for thread, after in two.run_time_by_thread().items()]
            ratio, share = spread(a.cpu_us / b.cpu_us for a, b in kept), max(used) / sum(used)
            seen["ratios"][str(connections)], seen["spread"][str(connections)] = ratio, share
            bench.say(f"  cores: {title}, {connections} connections, x {ratio['median']:.3f}, "
                      f"the busier core did {share:.0%}")
    return seen
