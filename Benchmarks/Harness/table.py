"""The results as text: one block per scenario, one line per server."""


def render(results):
    lines = [_machine(results["machine"]), ""]
    for entry in results["scenarios"].values():
        lines += [f"{entry['title']}   ({entry['when']}, {entry['method']})"]
        lines += _rows(BLOCKS[entry["kind"]](entry))
        lines += [f"  {_verdict(goal)}" for goal in entry["goals"]]
        lines += [f"  {name} has no figure: {why}" for name, why in entry.get("unusable", {}).items()]
        if entry.get("dropped_pairs"):
            lines.append(f"  {entry['dropped_pairs']} pairs with errors were measured again")
        lines.append("")
    lines += ["Settings"] + [f"  {name}: {text}" for name, text in results["settings"].items()]
    return "\n".join(lines) + "\n"


def _machine(machine):
    return (f"{machine['cores']} x {machine['processor']}, Linux {machine['kernel']}, "
            f"{machine['congestion_control']}. Server on core 0, client on core 1. us per request are user + "
            "system time of\nthe server; \"x\" is the median [quartiles] of ratios subject/server in adjacent pairs.")


def _throughput(entry):
    yield ("", "us/request", "of it user", "requests/s", "p50 us", "p99 us", "calls/request", "subject x CPU",
           "x rate", "others")
    for name, seen in entry["servers"].items():
        ratio = entry["ratios"].get(name, {})
        yield (name, f"{seen['cpu_us']['median']:.2f}", f"{seen['user_us']:.2f}",
               f"{seen['rate']['median']:,.0f}", f"{seen['latency_us']['p50']:,.0f}",
               f"{seen['latency_us']['p99']:,.0f}", _three(seen["system_calls"]), _spread(ratio.get("cpu_us")),
               _spread(ratio.get("rate")), f"{seen['elsewhere']:.0%}")


def _latency(entry):
    yield ("", "p50 us", "p99 us", "p99.9 us", "max us", "subject x p50", "x p99", "x p99.9")
    for name, seen in entry["servers"].items():
        ratio = entry["ratios"].get(name, {})
        yield (name, *(f"{seen[p]['median']:,.0f}" for p in ("p50", "p99", "p99.9", "max")),
               *(_spread(ratio.get(p)) for p in ("p50", "p99", "p99.9")))


def _idle(entry):
    yield ("", "B/connection", "RSS at start", "at 1,000", "at 11,000")
    for name, seen in entry["servers"].items():
        yield (name, f"{seen['bytes_per_connection']:.0f}",
               *(f"{seen[key] / 1048576:.1f} MiB" for key in ("start_bytes", "few_bytes", "many_bytes")))


def _parked(entry):
    yield ("", "system calls")
    for name, seen in entry["servers"].items():
        yield (name, str(seen["system_calls"]))


def _storm(entry):
    yield ("", "calm p99 us", "max", "arriving p99 us", "max", "expiring p99 us", "max", "closed")
    for name, seen in entry["servers"].items():
        yield (name, *(f"{seen[when][what]:,}" for when in ("calm", "arriving", "expiring")
                       for what in ("p99", "max")), f"{seen['closed']:,}")


def _cores(entry):
    yield ("", "connections", "CPU of two cores x one", "busier core's share")
    for name, seen in entry["servers"].items():
        for connections, ratio in seen["ratios"].items():
            yield (name, str(connections), _spread(ratio), f"{seen['spread'][connections]:.0%}")


def _clients(entry):
    yield ("", "us/request", "of it user", "requests/s")
    for name, seen in entry["clients"].items():
        yield (name, f"{seen['cpu_us']['median']:.2f}", f"{seen['user_us']['median']:.2f}",
               f"{seen['rate']['median']:,.0f}")
    for name, ratio in entry["ratios"].items():
        yield (name, _spread(ratio["cpu_us"]), "", "x " + _spread(ratio["rate"]))


def _truth(entry):
    yield ("", "p99 us", "p99.9 us")
    for name, seen in entry["rows"].items():
        yield (name, *(f"{seen[key]:,.0f}" if seen[key] else "" for key in ("p99", "p999")))


def _reuse(entry):
    seen = entry["seen"]
    yield ("", "requests", "connections", "errors", "reused")
    yield ("apus", f"{seen['requests']:,}", str(seen["requests"] - seen["reused"]), str(seen["errors"]),
           f"{seen['reused'] / seen['requests']:.2%}")


def _library(entry):
    yield ("", "median", "quartiles", "")
    for label, seen in entry["figures"].items():
        quartiles = f"[{seen['q1']:.4g} {seen['q3']:.4g}]" if seen["n"] > 1 else ""
        yield (label, f"{seen['median']:.4g}", quartiles, seen["unit"])


BLOCKS = {"throughput": _throughput, "latency": _latency, "idle": _idle, "parked": _parked, "storm": _storm,
          "cores": _cores, "library": _library, "clients": _clients, "truth": _truth, "reuse": _reuse}


def _rows(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width)
                               for i, (cell, width) in enumerate(zip(row, widths))).rstrip()


def _spread(value):
    return f"{value['median']:.3f} [{value['q1']:.3f} {value['q3']:.3f}]" if value else ""


def _three(value):
    return f"{value['median']:.3f}" if value else ""


def _verdict(goal):
    mark = "met   " if goal["met"] else "MISSED"
    return f"{mark} {goal['metric']} {goal['found']:.3g} {goal['unit']}, must be at most {goal['at_most']:g}"
