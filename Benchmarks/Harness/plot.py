"""The results as one SVG: a panel of horizontal bars per scenario.

A peer's bar is the subject's median divided by the ratio found in adjacent pairs, because medians of different
minutes must not be compared; its whiskers are that ratio's quartiles.
"""

from xml.sax.saxutils import escape

COLOURS = {"apus": "#e2572b", "limit": "#9aa3ad", "nginx": "#2f8f5b", "h2o": "#3b74c4", "hummingbird": "#8a5bc2"}
INK, FAINT, PAPER = "#22262b", "#6b737c", "#ffffff"
COLUMNS, PANEL_WIDTH, GAP, MARGIN = 2, 430, 28, 28
BAR, STEP, LABEL_WIDTH, VALUE_WIDTH, TITLE_HEIGHT, HEADER_HEIGHT = 16, 25, 92, 74, 34, 72


def render(results):
    panels = list(_panels(results["scenarios"]))
    rows = [panels[i:i + COLUMNS] for i in range(0, len(panels), COLUMNS)]
    width = 2 * MARGIN + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP
    parts, y = [], HEADER_HEIGHT
    for row in rows:
        for column, (title, bars) in enumerate(row):
            parts += _panel(MARGIN + column * (PANEL_WIDTH + GAP), y, title, bars)
        y += TITLE_HEIGHT + STEP * max(len(bars) for _, bars in row) + GAP
    machine = results["machine"]
    header = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{y + 8}" '
        f'viewBox="0 0 {width} {y + 8}" font-family="system-ui, sans-serif" font-size="13" fill="{INK}">',
        f'<rect width="100%" height="100%" rx="10" fill="{PAPER}"/>',
        _text(MARGIN, 34, "Server CPU per request, latency and memory", size=19, weight=600),
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


def _panel(x, y, title, bars):
    yield _text(x, y + 16, title, weight=600)
    full = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH
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
