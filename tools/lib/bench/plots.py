"""A plot per question, drawn by gnuplot as SVG and PNG: ratios to the yardstick with their 90 % intervals."""

import subprocess

from . import statistics
from .table import MANY_CASES

# Colours that are told apart by who does not see all of them (Okabe and Ito).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#000000")


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def bounded(estimate):
    """The interval; with too few rounds for one, nothing but the median."""
    if estimate.low == float("-inf"):
        return estimate.median, estimate.median
    return estimate.low, estimate.high


def losses(question, samples, contender):
    """"lost 0.1 / 3.2 %", of each case, or "lost 0.1 to 7.5 %" of many: always beside a throughput."""
    if not any(metric.name == "lost_percent" for metric in question.metrics):
        return ""
    lost = []
    for case in samples.cases(question.name):
        values = samples.rounds(question.name, case, contender, "lost_percent")
        if values:
            lost.append(statistics.median(values.values()))
    if len(lost) > MANY_CASES:
        return f", lost {min(lost):.1f} to {max(lost):.1f} %"
    return "\nlost " + " / ".join(f"{value:.1f}" for value in lost) + " %" if lost else ""


def groups(question, samples):
    """(labels, series, {(group, series): estimate}). Few cases: side by side for each contender; else the other way."""
    cases, contenders = samples.cases(question.name), samples.contenders(question.name)
    missing = samples.missing(question.name)
    metric = question.metrics[0].name
    bars = {}
    for case in cases:
        yardstick = samples.rounds(question.name, case, question.yardstick, metric)
        for contender in contenders:
            against = statistics.ratio(samples.rounds(question.name, case, contender, metric), yardstick)
            if against:
                bars[case, contender] = against
    beside = {c: " (missing)" if c in missing else losses(question, samples, c) for c in contenders}
    names = {c: question.label(c) + beside[c] for c in contenders}
    if len(cases) > MANY_CASES:
        return [(case, case) for case in cases], [(c, names[c]) for c in contenders], bars
    cases = [case for case in cases if any(bar[0] == case for bar in bars)]
    titles = [(case, f"{case} {question.case}".strip()) for case in cases]
    swapped = {(contender, case): bar for (case, contender), bar in bars.items()}
    return [(c, names[c]) for c in contenders], titles, swapped


def axis(medians):
    """Logarithmic where bars would be too short to be seen beside the longest one."""
    medians = list(medians)
    low, high = min(medians), max(medians)
    if high < 20 * low:
        return ["set yrange [0:*]"]
    return ["set logscale y", f"set yrange [{low / 2:.6g}:{high * 2:.6g}]"]


def script(question, samples, path):
    labels, series, bars = groups(question, samples)
    first = question.metrics[0]
    better = "higher" if first.higher_is_better else "lower"
    width = max(900, min(2400, 40 * len(labels) * (len(series) + 1)))
    height = 800 if len(labels) > 20 else 560
    # gnuplot takes what marks a place on an axis for a format.
    marks = ", ".join(f"{quoted(text.replace('%', '%%'))} {at}" for at, (_, text) in enumerate(labels))
    lines = [
        "set encoding utf8",
        f"set title {quoted(question.title)} noenhanced",
        f'set ylabel "{first.title}\\n{question.label(question.yardstick)} = 1, {better} is better" noenhanced',
        *axis(bar.median for bar in bars.values()),
        f"set xrange [-0.5:{len(labels) - 0.5}]",
        "set grid ytics lc rgb '#cccccc'",
        "set style fill solid 0.9 border rgb '#333333'",
        "set key outside top center horizontal noenhanced",
        f"set xtics rotate by {-70 if len(labels) > 20 else -35} noenhanced nomirror",
        f"set xtics ({marks})",
    ]
    box = 0.8 / len(series)
    drawn = ["1 with lines lc rgb '#444444' dashtype 2 notitle"]
    for number, (key, text) in enumerate(series):
        lines.append(f"$s{number} << END")
        for at, (label, _) in enumerate(labels):
            bar = bars.get((label, key))
            if bar is None:
                continue
            low, high = bounded(bar)
            x = at + (number - (len(series) - 1) / 2) * box
            lines.append(f"{x:.4f} {bar.median:.6g} {low:.6g} {high:.6g}")
        lines += ["END"]
        colour = COLOURS[number % len(COLOURS)]
        if any((label, key) in bars for label, _ in labels):
            drawn.append(f"$s{number} using 1:2:3:4:({box:.4f}) with boxerrorbars lc rgb '{colour}' title {quoted(text)}")
        else:
            drawn.append(f"NaN with boxes lc rgb '{colour}' title {quoted(text)}")
    plot = "plot " + ", \\\n  ".join(drawn)
    for kind, terminal in (("svg", f"svg size {width},{height} dynamic background rgb 'white' font 'sans,12'"),
                           ("png", f"pngcairo size {width},{height} background rgb 'white' font 'sans,11'")):
        lines += [f"set terminal {terminal}", f"set output {quoted(f'{path}.{kind}')}", plot, "unset output"]
    return "\n".join(lines) + "\n"


def draw(question, samples, folder):
    """Writes <folder>/<question>.svg and .png. Returns gnuplot's complaint, or nothing."""
    if not groups(question, samples)[2]:
        return None
    try:
        result = subprocess.run(["gnuplot"], input=script(question, samples, folder / question.name),
                                capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        return "gnuplot is not installed: no plots"
    return result.stderr.strip() if result.returncode or result.stderr.strip() else None
