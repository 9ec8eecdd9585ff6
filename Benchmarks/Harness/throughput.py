"""One throughput scenario: the subject against each peer in adjacent pairs."""

import load
import measure
from spread import spread


def run(scenario, bench):
    """Measures and returns the scenario's entry for the results."""

    def drive(seconds):
        return lambda port: load.wrk(port, scenario.path, seconds, scenario.connections, core=1,
                                     nice=bench.nice, headers=scenario.headers, script=scenario.script,
                                     arguments=scenario.arguments)

    wanted = {"close": scenario.close}
    if scenario.proxied:
        with bench.running("limit", core="1") as behind:
            return _run(scenario, bench, drive, {"upstream": behind.port}, ["nginx"])
    if scenario.same_bytes:
        wanted["body_bytes"] = bench.limit_body_bytes(scenario.path)
    return _run(scenario, bench, drive, wanted, bench.peers)


def _run(scenario, bench, drive, wanted, peers):
    with bench.running(bench.subject, **wanted) as subject:
        tally = measure.Tally(subject)
        servers, ratios, dropped, unusable = {}, {}, 0, {}
        for name in peers:
            with bench.running(name, **wanted) as peer:
                of_peer = measure.Tally(peer)
                try:
                    kept, lost = measure.pairs(subject, peer, drive(bench.seconds), bench.rounds)
                    calls = measure.system_call_pairs(subject, peer, drive(1), bench.call_rounds)
                except measure.Unusable as error:
                    unusable[name] = str(error)
                    bench.say(f"  {scenario.name}: {error}")
                    continue
                tally.add([a for a, _ in kept], [a for a, _ in calls])
                of_peer.add([b for _, b in kept], [b for _, b in calls])
                servers[name] = of_peer.figures()
                dropped += lost
            ratios[name] = _ratios(kept, calls)
            bench.say(f"  {scenario.name}: {bench.subject} / {name} = "
                      f"{ratios[name]['cpu_us']['median']:.3f} of its CPU per request")
        if not servers:
            raise measure.Unusable("no pair of servers went without errors")
        servers = {bench.subject: tally.figures(), **servers}
    entry = {"kind": "throughput", "title": scenario.title, "connections": scenario.connections,
             "dropped_pairs": dropped, "unusable": unusable, "servers": servers, "ratios": ratios}
    entry["goals"] = list(_judged(scenario.goals, entry, bench.subject))
    return entry


def _ratios(kept, calls):
    return {
        "cpu_us": spread(a.cpu_us / b.cpu_us for a, b in kept),
        "rate": spread(a.load.rate / b.load.rate for a, b in kept),
        # wrk times a pipelined answer from the one before it, so that can be zero.
        "p99": spread(a.load.latency["p99"] / b.load.latency["p99"] for a, b in kept if b.load.latency["p99"]),
        "system_calls": spread(a / b for a, b in calls if b),
    }


def _judged(goals, entry, subject):
    """Each goal with what was found. A goal against a server that did not run is left out."""
    for goal in goals if subject == "apus" else ():
        if goal.peer:
            found = entry["ratios"].get(goal.peer, {}).get(goal.metric)
            unit = f"x {goal.peer}"
        else:
            found = entry["servers"][subject][goal.metric]
            unit = {"user_us": "us user", "system_calls": "per request"}[goal.metric]
        if found is None:
            continue
        value = found["median"] if isinstance(found, dict) else found
        yield {"metric": goal.metric, "unit": unit, "at_most": goal.at_most, "found": value,
               "met": value <= goal.at_most}

