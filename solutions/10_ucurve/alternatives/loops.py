"""Plain loops, the standard library's statistics, lists and a dict."""

import math
import statistics


def errors_at_target(risks, errors, target_risk):
    table = []
    for risks_of_seed, errors_of_seed in zip(risks, errors, strict=True):
        row = []
        for risk, error in zip(risks_of_seed, errors_of_seed, strict=True):
            row.append(next(float(e) for r, e in zip(risk, error, strict=True) if r <= target_risk))
        table.append(row)
    return table


def evidence(errors, alphas):
    rows = [[float(e) for e in row] for row in errors]
    means = [statistics.fmean(column) for column in zip(*rows[::2], strict=True)]
    best = means.index(min(means))
    columns = [[row[k] - row[best] for row in rows[1::2]] for k in range(len(alphas))]
    return {
        "best_alpha": alphas[best],
        "difference": [statistics.fmean(column) for column in columns],
        "standard_error": [statistics.stdev(column) / math.sqrt(len(column)) for column in columns],
    }
