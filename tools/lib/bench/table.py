"""A question's table for the terminal."""

from . import statistics

# With more cases than that, they are the lines of a table, and what plots are grouped by.
MANY_CASES = 6


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
    """One per contender: its label, the median of each metric, the ratio of the first one to the yardstick's."""
    missing = samples.missing(question.name)
    first = question.metrics[0]
    yardstick = samples.rounds(question.name, case, question.yardstick, first.name)
    for contender in samples.contenders(question.name):
        if contender in missing:
            yield [question.label(contender), f"missing: {missing[contender]}"]
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
        yield [question.label(contender), figures[0], *compared, *figures[1:]]


def head(question):
    first, *others = question.metrics
    better = "higher" if first.higher_is_better else "lower"
    ratio = f"to {question.label(question.yardstick)} ({better} is better)"
    return ["", first.title, ratio, "90 %", *(metric.title for metric in others)]


def aligned(lines):
    """Columns of one width each; the first one to the left. A line of two columns, of who is missing, does not count."""
    full = [line for line in lines if len(line) > 2]
    widths = [max(len(line[i]) for line in full) for i in range(len(full[0]))]
    widths[0] = max(len(line[0]) for line in lines)
    for first, *rest in lines:
        cells = rest if len(rest) == 1 else [f"{cell:>{width}}" for cell, width in zip(rest, widths[1:])]
        yield ("   " + "  ".join([f"{first:<{widths[0]}}", *cells])).rstrip()


def by_case(question, samples):
    """A block for each case, a line for each contender."""
    for case in samples.cases(question.name):
        body = list(rows(question, samples, case))
        if not any(len(row) > 2 for row in body):
            continue
        title = head(question)
        title[0] = f"{case} {question.case}".strip()
        yield from aligned([title, *body])
        yield ""


def cell(question, samples, case, contender):
    """All that a contender has to say on a case: its ratio, or the yardstick's figure, and what was lost."""
    first, *others = question.metrics
    values = samples.rounds(question.name, case, contender, first.name)
    if not values:
        return ""
    against = statistics.ratio(values, samples.rounds(question.name, case, question.yardstick, first.name))
    if contender == question.yardstick or not against:
        parts = [figure(statistics.median(values.values()), first.unit)]
    else:
        parts = [f"{against.median:.2f} {interval(against)}"]
    for metric in others:
        beside = samples.rounds(question.name, case, contender, metric.name)
        if beside:
            parts.append(f"{metric.title} {figure(statistics.median(beside.values()), metric.unit)}")
    return ", ".join(parts)


def one_line_per_case(question, samples):
    """For many cases: a column for each contender, with ratios to the yardstick's."""
    missing = samples.missing(question.name)
    contenders = [contender for contender in samples.contenders(question.name) if contender not in missing]
    body = [[case, *(cell(question, samples, case, contender) for contender in contenders)]
            for case in samples.cases(question.name)]
    body = [row for row in body if any(row[1:])]
    if body:
        yield from aligned([["", *map(question.label, contenders)], *body])
    for name, why in missing.items():
        yield f"   {question.label(name)}: missing: {why}"
    yield ""


def text(question, samples):
    many = len(samples.cases(question.name)) > MANY_CASES
    body = one_line_per_case(question, samples) if many else by_case(question, samples)
    return "\n".join([f"== {question.name}: {question.title}", *body])
