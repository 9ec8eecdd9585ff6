"""The command line of scripts/bench: picks servers and scenarios, runs them, writes the reports."""

import argparse
import datetime
import json
import os
import sys
import tempfile

import build
import clients
import cores
import idle
import latency
import library
import machine
import plot
import servers
import table
import throughput
from bench import Bench
from measure import Unusable
from process import ServerFailed
from scenarios import OTHERS, THROUGHPUT

RESULTS = os.path.join(servers.ROOT, "Benchmarks", "Results")
NAMES = [scenario.name for scenario in THROUGHPUT] + list(OTHERS) + list(library.SCENARIOS)


def main(arguments=None):
    options = _options(arguments)
    also = [name for name in options.also if name in servers.ALL]
    names = [name for name in [*servers.DEFAULT, *also] if name not in options.without]
    machine.install_missing(names, _say)
    build.build(names, _say)
    if clients.ASYNC_HTTP_CLIENT in options.also:
        build.async_http_client(_say)
    for name in names:
        sentence = servers.ALL[name].missing()
        if sentence:
            sys.exit(f"bench: {sentence} (or leave it out: --without {name})")
    if len(names) < 2:
        sys.exit("bench: a comparison needs at least two servers")
    with tempfile.TemporaryDirectory(prefix="apus-bench-") as folder:
        os.sched_setaffinity(0, {1})  # connections held by this process come from the client's core
        bench = Bench(names[0], names[1:], folder, options.rounds, options.seconds, options.nice)
        results = _previous(options.output)
        results["machine"] = machine.describe()
        results["settings"].update({name: servers.ALL[name].settings for name in names})
        failures = 0
        for scenario in options.only:
            _say(f"{scenario} ...")
            try:
                for key, entry in _run(scenario, bench):
                    results["scenarios"][key] = _stamped(entry, bench)
                    failures += len(entry.get("unusable", ()))
            except (Unusable, ServerFailed, RuntimeError, OSError) as error:
                failures += 1
                _say(f"bench: {scenario} was not measured: {error}")
            _write(results, options.output)
    print(table.render(results), end="")
    sys.exit(1 if failures else 0)


def _run(name, bench):
    """Yields (key, entry) for the results."""
    for scenario in THROUGHPUT:
        if scenario.name == name:
            yield name, throughput.run(scenario, bench)
    if name == "latency":
        yield name, latency.at_half_rate(bench)
    elif name == "beside":
        for suffix, entry in zip(("downloads", "uploads"), latency.beside_transfers(bench)):
            yield f"beside-{suffix}", entry
    elif name == "cores" and "apus" not in bench.names:
        bench.say("  left out, because it compares apus with itself")
    elif name == "cores":
        yield name, cores.run(bench)
    elif name in ("clients", "truth", "reuse") and not {"apus", "limit"} <= set(bench.names):
        bench.say("  left out, because it needs apus and limit")
    elif name in ("clients", "truth", "reuse"):
        yield name, {"clients": clients.cost, "truth": clients.truth, "reuse": clients.reuse}[name](bench)
    elif name in library.SCENARIOS:
        entry = library.run(name, bench)
        if entry:
            yield name, entry
        else:
            bench.say("  left out, for want of a server")
    elif name in OTHERS:
        yield name, {"idle": idle.memory, "parked": idle.parked, "storm": idle.storm}[name](bench)


def _stamped(entry, bench):
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    method = f"{bench.rounds} pairs of {bench.seconds} s" if "ratios" in entry or entry["kind"] == "library" else "one run"
    return {"subject": bench.subject, **entry, "when": now,
            "method": method + (f", nice {bench.nice}" if bench.nice else "")}


def _previous(folder):
    """A run of some scenarios keeps the others' results: each entry carries its own date."""
    try:
        with open(os.path.join(folder, "results.json")) as text:
            return json.load(text)
    except OSError:
        return {"machine": {}, "settings": {}, "scenarios": {}}


def _write(results, folder):
    order = list(results["scenarios"])
    order.sort(key=lambda key: next((i for i, name in enumerate(NAMES) if key.startswith(name)), 99))
    results["scenarios"] = {key: results["scenarios"][key] for key in order}
    os.makedirs(folder, exist_ok=True)
    for name, text in (("results.json", json.dumps(results, indent=1) + "\n"),
                       ("results.txt", table.render(results)), ("results.svg", plot.render(results)),
                       ("summary.svg", plot.summary(results))):
        with open(os.path.join(folder, name), "w") as file:
            file.write(text)


def _say(text):
    print(text, file=sys.stderr, flush=True)


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="bench", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures Apus beside a parse-free limit server, nginx and h2o, in adjacent pairs of rounds\n"
                    "with the server on core 0 and wrk on core 1. Builds and installs what is missing.",
        epilog="scenarios:\n" + "\n".join(
            f"  {name:15}  {title}"
            for name, title in [(s.name, s.title) for s in THROUGHPUT] + list(OTHERS.items())
            + list(library.SCENARIOS.items())))
    parser.add_argument("--only", metavar="A,B", type=lambda text: text.split(","), default=NAMES,
                        help="measure only these scenarios")
    parser.add_argument("--rounds", metavar="N", type=int, default=10, help="pairs per comparison (10)")
    parser.add_argument("--seconds", metavar="S", type=int, default=2, help="length of a round (2)")
    parser.add_argument("--quick", action="store_true",
                        help="2 rounds of 1 s, to see that all works; written to .build-bench, not to Results")
    parser.add_argument("--without", metavar="A,B", type=lambda text: text.split(","), default=[],
                        help="leave these servers out; the first that is left is what others are compared with")
    parser.add_argument("--with", dest="also", metavar="A", type=lambda text: text.split(","), default=[],
                        help="more peers: hummingbird, async-http-client (each builds for minutes)")
    parser.add_argument("--nice", metavar="N", type=int, default=0,
                        help="priority of server and client, such as -15 on a busy machine (0)")
    parser.add_argument("--output", metavar="DIR", help="where results.json, results.txt, results.svg and "
                                                        "summary.svg go (Benchmarks/Results)")
    options = parser.parse_args(arguments)
    if options.quick:
        options.rounds, options.seconds = 2, 1
    options.output = options.output or (os.path.join(servers.BUILD, "results") if options.quick else RESULTS)
    for name in options.only:
        if name not in NAMES:
            parser.error(f"there is no scenario {name}; there are {', '.join(NAMES)}")
    for name in options.without + options.also:
        if name not in [*servers.ALL, clients.ASYNC_HTTP_CLIENT]:
            parser.error(f"there is no peer {name}; there are {', '.join(servers.ALL)}, {clients.ASYNC_HTTP_CLIENT}")
    if (os.cpu_count() or 1) < 2:
        parser.error("needs two cores, one for the server and one for the client")
    return options
