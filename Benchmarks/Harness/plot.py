"""The results as an SVG: a panel of horizontal bars per scenario. `render` draws all, `summary` those of README.

A peer's bar is the subject's median divided by the ratio found in adjacent pairs, because medians of different
minutes must not be compared; its whiskers are that ratio's quartiles.
"""

from xml.sax.saxutils import escape

COLOURS = {"apus": "#e2572b", "limit": "#9aa3ad", "nginx": "#2f8f5b", "h2o": "#3b74c4", "hummingbird": "#8a5bc2"}
INK, FAINT, PAPER = "#22262b", "#6b737c", "#ffffff"
GAP, MARGIN = 28, 28
BAR, STEP, LABEL_WIDTH, VALUE_WIDTH, TITLE_HEIGHT, HEADER_HEIGHT = 16, 25, 92, 74, 34, 72

SUMMARY_SCENARIOS = ("plaintext", "pipelined", "file-1k", "file-1m", "close", "latency")
SUMMARY_SERVERS = ("apus", "nginx", "h2o")


def render(results):
    return _drawing(results["machine"], "Server CPU per request, latency and memory",
                    list(_panels(results["scenarios"])), columns=2, panel_width=430)


def summary(results):
    scenarios = {key: results["scenarios"][key] for key in SUMMARY_SCENARIOS if key in results["scenarios"]}
    panels = [(title, [bar for bar in bars if bar[0] in SUMMARY_SERVERS]) for title, bars in _panels(scenarios)]
    return _drawing(results["machine"], "Server CPU per request, and latency", panels, columns=3, panel_width=290)


def _drawing(machine, title, panels, columns, panel_width):
    rows = [panels[i:i + columns] for i in range(0, len(panels), columns)]
    width = 2 * MARGIN + columns * panel_width + (columns - 1) * GAP
    parts, y = [], HEADER_HEIGHT
    for row in rows:
        for column, (heading, bars) in enumerate(row):
            parts += _panel(MARGIN + column * (panel_width + GAP), y, panel_width, heading, bars)
        y += TITLE_HEIGHT + STEP * max(len(bars) for _, bars in row) + GAP
    header = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 8}" '
        f'viewBox="0 0 {width} {y + 8}" font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
        f'<rect width="100%" height="100%" rx="10" fill="{PAPER}"/>',
        _text(MARGIN, 34, title, size=19, weight=600),
        _text(MARGIN, 55, f"Less is better. One server core, one client core, {machine['processor']}, "
                          f"Linux {machine['kernel'].split('-')[0]}. Medians of paired rounds, with quartiles.",
              colour=FAINT),
    ]
    return "\n".join(header + parts + ["</svg>"]) + "\n"


def _panels(scenarios):
    """Yields (title, [(server, median, q1, q3, label)])."""
    for entry in scenarios.values():
        if entry["kind"] == "throughput":
            yield f"{entry['title']}, µs", list(_paired(entry, "cpu_us"))
        elif entry["kind"] == "latency":
            title = entry["title"].replace(", half of nginx's maximum", "").replace("latency ", "")
            yield f"p99 {title}, µs", list(_paired(entry, "p99"))
        elif entry["kind"] == "idle":
            yield "idle keep-alive connection, bytes of RSS", [
                (name, *3 * [max(0, seen["bytes_per_connection"])], f"{seen['bytes_per_connection']:.0f}")
                for name, seen in entry["servers"].items()]


def _panel(x, y, width, title, bars):
    yield _text(x, y + 16, title, weight=600)
    full = width - LABEL_WIDTH - VALUE_WIDTH
    scale = full / (max(q3 for _, _, _, q3, _ in bars) or 1)
    for i, (name, median, q1, q3, label) in enumerate(bars):
        top = y + TITLE_HEIGHT + i * STEP
        left, middle = x + LABEL_WIDTH, top + BAR / 2
        yield _text(left - 10, middle + 4.5, name, anchor="end", weight=600 if name == "apus" else 400)
        yield (f'<rect x="{left}" y="{top}" width="{max(1, median * scale):.1f}" height="{BAR}" rx="2" '
               f'fill="{COLOURS.get(name, FAINT)}"/>')
        if q3 > q1:
            yield (f'<path d="M{left + q1 * scale:.1f} {middle}H{left + q3 * scale:.1f}'
                   f'm0 -4v8M{left + q1 * scale:.1f} {middle - 4}v8" stroke="{INK}" stroke-opacity=".55"/>')
        yield _text(left + max(median, q3) * scale + 8, middle + 4.5, label, colour=FAINT)


def _paired(entry, metric):
    own = entry["servers"][entry["subject"]][metric]["median"]
    yield entry["subject"], own, own, own, _number(own)
    for name, ratios in entry["ratios"].items():
        ratio = ratios[metric]
        yield name, own / ratio["median"], own / ratio["q3"], own / ratio["q1"], _number(own / ratio["median"])


def _number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _text(x, y, text, size=13, weight=400, colour=INK, anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" fill="{colour}" '
            f'text-anchor="{anchor}">{escape(text)}</text>')
