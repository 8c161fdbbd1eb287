"""A question's table for the terminal."""

from . import statistics


def figure(value, unit):
    """1234567.8, "1/s" → "1,234,568 1/s": as many digits as mean something."""
    if abs(value) >= 100:
        text = f"{value:,.0f}"
    elif abs(value) >= 10:
        text = f"{value:.1f}"
    else:
        text = f"{value:.2f}"
    return f"{text} {unit}".rstrip()


def interval(estimate):
    if estimate.low == float("-inf"):
        return "too few rounds"
    return f"[{estimate.low:.2f}, {estimate.high:.2f}]"


def rows(question, samples, case):
    """One per contender: its name, the median of each metric, the ratio of the first one to the yardstick's."""
    missing = samples.missing(question.name)
    first = question.metrics[0]
    yardstick = samples.rounds(question.name, case, question.yardstick, first.name)
    for contender in samples.contenders(question.name):
        if contender in missing:
            yield [contender, f"missing: {missing[contender]}"]
            continue
        figures = []
        for metric in question.metrics:
            values = samples.rounds(question.name, case, contender, metric.name)
            figures.append(figure(statistics.median(values.values()), metric.unit) if values else "")
        if not any(figures):
            continue
        against = statistics.ratio(samples.rounds(question.name, case, contender, first.name), yardstick)
        if contender == question.yardstick:
            compared = ["1.00", ""]
        elif against:
            compared = [f"{against.median:.2f}", interval(against)]
        else:
            compared = ["", ""]
        yield [contender, figures[0], *compared, *figures[1:]]


def head(question):
    first, *others = question.metrics
    better = "higher" if first.higher_is_better else "lower"
    ratio = f"to {question.yardstick} ({better} is better)"
    return ["", first.title, ratio, "90 %", *(metric.title for metric in others)]


def text(question, samples):
    lines = [f"== {question.name}: {question.title}"]
    for case in samples.cases(question.name):
        body = list(rows(question, samples, case))
        if not any(len(row) > 2 for row in body):
            continue
        title = head(question)
        title[0] = f"{case} {question.case}".strip()
        full = [row for row in [title, *body] if len(row) > 2]
        widths = [max(len(row[i]) for row in full) for i in range(len(title))]
        widths[0] = max(len(row[0]) for row in [title, *body])
        for row in [title, *body]:
            if len(row) == 2:  # missing
                lines.append(f"   {row[0]:<{widths[0]}}  {row[1]}")
                continue
            cells = [f"{row[0]:<{widths[0]}}"] + [f"{cell:>{width}}" for cell, width in zip(row[1:], widths[1:])]
            lines.append("   " + "  ".join(cells).rstrip())
        lines.append("")
    return "\n".join(lines)
