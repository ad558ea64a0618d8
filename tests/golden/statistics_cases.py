#!/usr/bin/env python3
"""Writes statistics.json beside this file: what SciPy, statsmodels and mpmath say.

    python3 tests/golden/statistics_cases.py       (made with numpy 2.4, scipy 1.17,
                                                    statsmodels 0.15, mpmath 1.4)

Distributions come from mpmath at 25 digits, so that none of their digits is the code's own: SciPy
computes some of them by Boost.Math, as the C++ does. Tests come from SciPy, equivalence, power and
Holm from statsmodels. Every number is written with all its digits.
"""

import json
import re
from pathlib import Path

import mpmath as mp
import numpy as np
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestPower
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.weightstats import ttost_ind, ttost_paired

HERE = Path(__file__).resolve().parent
mp.mp.dps = 25


def student_t_cdf(t, degrees):
    t, degrees = mp.mpf(t), mp.mpf(degrees)
    beyond = mp.betainc(degrees / 2, mp.mpf(1) / 2, 0, degrees / (degrees + t * t),
                        regularized=True) / 2
    return beyond if t < 0 else 1 - beyond


def noncentral_t_cdf(t, degrees, shift):
    """Over the density of s = √(χ²/degrees): P(Z + shift ≤ t·s)."""
    t, degrees, shift = mp.mpf(t), mp.mpf(degrees), mp.mpf(shift)
    log_scale = mp.log(2) + degrees / 2 * mp.log(degrees / 2) - mp.loggamma(degrees / 2)

    def density(s):
        return mp.exp(log_scale + (degrees - 1) * mp.log(s) - degrees * s * s / 2)

    cuts = [0, 0.1, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 2, 3, 5, 8, 20]
    return mp.quad(lambda s: density(s) * mp.ncdf(t * s - shift), cuts)


def detectable_shift(degrees, alpha, power):
    """The shift, in standard errors, that a two-sided test at alpha finds with this power."""
    critical = student_t_quantile(1 - mp.mpf(alpha) / 2, degrees)

    def excess(shift):
        missed = (noncentral_t_cdf(critical, degrees, shift)
                  - noncentral_t_cdf(-critical, degrees, shift))
        return 1 - missed - mp.mpf(power)

    return mp.findroot(excess, critical + 1, tol=1e-20)


def student_t_quantile(p, degrees):
    start = stats.t.ppf(float(p), degrees)
    return mp.findroot(lambda t: student_t_cdf(t, degrees) - p, start)


def beta_quantile(p, a, b):
    start = stats.beta.ppf(p, a, b)
    return mp.findroot(lambda x: mp.betainc(a, b, 0, x, regularized=True) - mp.mpf(p), start)


def rows(function, arguments):
    return [{"of": list(of), "is": float(function(*of))} for of in arguments]


def distributions():
    return {
        "student_t_cdf": rows(student_t_cdf, [
            (-4.0621, 9), (-60, 9), (-0.3, 1), (0.0, 3), (0.7, 2.5), (1.96, 1000), (2.776445, 4),
            (-3.1, 17.776), (8.0, 3.3), (-1e-8, 5)]),
        "student_t_quantile": rows(student_t_quantile, [
            (0.975, 1), (0.975, 2), (0.975, 4), (0.975, 9), (0.995, 4), (0.025, 17.776),
            (0.6, 3.5), (1e-6, 6), (0.9, 400)]),
        "noncentral_t_cdf": rows(noncentral_t_cdf, [
            (2.776445, 4, 3.5), (2.262157, 9, 3.1), (4.604095, 4, 5.5), (1.0, 7.3, 0.0),
            (9.925, 2, 12.0), (-2.0, 5, -1.0), (2.0, 60, 2.8)]),
        "normal_cdf": rows(mp.ncdf, [(-8.0,), (-1.959964,), (0.0,), (0.5,), (3.0,)]),
        "normal_quantile": rows(lambda p: mp.sqrt(2) * mp.erfinv(2 * mp.mpf(p) - 1),
                                [(0.975,), (0.2,), (1e-9,), (0.5000001,)]),
        "beta_quantile": rows(beta_quantile, [
            (0.025, 1, 5), (0.975, 3, 3), (0.975, 1, 20), (0.025, 81, 183), (0.5, 0.7, 2.2)]),
    }


def seeds_of_two_arms(count, shared, own, gap, generator):
    """Losses near 2 of two arms that share a part of each seed's luck."""
    luck = shared * generator.standard_normal(count)
    x = 2 + gap + luck + own * generator.standard_normal(count)
    y = 2 + luck + 1.5 * own * generator.standard_normal(count)
    return x, y


def paired(x, y, margin):
    test = stats.ttest_rel(x, y)
    interval = test.confidence_interval(0.95)
    error = np.std(x - y, ddof=1) / np.sqrt(len(x))
    return {
        "x": list(x), "y": list(y), "margin": margin,
        "difference": np.mean(x - y), "standard_error": error, "degrees": float(test.df),
        "p": test.pvalue, "low": interval.low, "high": interval.high,
        "correlation": stats.pearsonr(x, y).statistic,
        "power_gained": (np.var(x, ddof=1) + np.var(y, ddof=1)) / np.var(x - y, ddof=1),
        "equivalence_p": ttost_paired(x, y, -margin, margin)[0],
        "greater_p": stats.ttest_rel(x - margin, y, alternative="greater").pvalue,
    }


def welch(x, y, margin):
    test = stats.ttest_ind(x, y, equal_var=False)
    interval = test.confidence_interval(0.95)
    return {
        "x": list(x), "y": list(y), "margin": margin,
        "difference": np.mean(x) - np.mean(y), "degrees": test.df, "p": test.pvalue,
        "standard_error": np.sqrt(np.var(x, ddof=1) / len(x) + np.var(y, ddof=1) / len(y)),
        "low": interval.low, "high": interval.high,
        "equivalence_p": ttost_ind(x, y, -margin, margin, usevar="unequal")[0],
        "greater_p": stats.ttest_ind(x - margin, y, equal_var=False,
                                     alternative="greater").pvalue,
    }


def tests(generator):
    shapes = [(3, 0.02, 0.01, 0.0), (5, 0.02, 0.01, 0.03), (5, 0.0, 0.02, 0.01),
              (10, 0.05, 0.005, -0.004), (31, 0.01, 0.02, 0.001)]
    pairs = [paired(*seeds_of_two_arms(*shape, generator), 0.02) for shape in shapes]
    apart = [welch(*seeds_of_two_arms(*shape, generator), 0.02) for shape in shapes]
    x, y = seeds_of_two_arms(9, 0.0, 0.02, 0.01, generator)
    apart.append(welch(x, y[:4], 0.03))
    return {"paired": pairs, "welch": apart}


def means(generator):
    cases = []
    for count in (2, 5, 24):
        values = 3 + 0.1 * generator.standard_normal(count)
        low, high = stats.t.interval(0.9, count - 1, np.mean(values), stats.sem(values))
        cases.append({"values": list(values), "confidence": 0.9, "mean": np.mean(values),
                      "deviation": np.std(values, ddof=1), "low": low, "high": high})
    return cases


def power():
    """By mpmath, held against statsmodels' power there: its own search for it loses digits."""
    cases = []
    for degrees, alpha, wanted in [(4, 0.05, 0.8), (9, 0.05, 0.8), (4, 0.01, 0.8), (2, 0.01, 0.8),
                                   (33, 0.05, 0.8), (9, 0.01, 0.95), (6.3, 0.05, 0.5)]:
        shift = detectable_shift(degrees, alpha, wanted)
        pairs = degrees + 1
        peer = TTestPower().power(float(shift) / np.sqrt(pairs), pairs, alpha)
        assert abs(peer - wanted) < 1e-12, (degrees, alpha, wanted, peer)
        cases.append({"degrees": degrees, "alpha": alpha, "power": wanted, "shift": float(shift)})
    return cases


def holm(generator):
    families = [[0.01, 0.04, 0.03, 0.005], [0.5], [0.02, 0.02, 0.02], [0.9, 0.0, 1.0, 0.3],
                list(generator.random(12) ** 3)]
    return [{"p": p, "adjusted": list(multipletests(p, method="holm")[1])} for p in families]


def proportions():
    cases = []
    for count, of, confidence in [(0, 5, 0.95), (1, 5, 0.95), (5, 5, 0.95), (3, 10, 0.95),
                                  (7, 31, 0.99), (81, 263, 0.95)]:
        low, high = proportion_confint(count, of, 1 - confidence, method="beta")
        cases.append({"count": count, "of": of, "confidence": confidence, "low": float(low),
                      "high": float(high)})
    return cases


def iqm_of(tasks):
    return stats.trim_mean(np.concatenate(tasks), 0.25)


def share_below(x, y):
    """P(x < y), ties counting half: Mann and Whitney's U of y over x."""
    return np.mean([stats.mannwhitneyu(b, a).statistic / (len(a) * len(b))
                    for a, b in zip(x, y)])


def bootstrap_ends(measure, *groups, resamples=20000):
    """The middle 95 % of `measure` over resamples within each task, by NumPy's own numbers."""
    generator = np.random.default_rng(5)

    def again(tasks):
        return [generator.choice(runs, len(runs)) for runs in tasks]

    return list(np.quantile([measure(*map(again, groups)) for _ in range(resamples)],
                            [0.025, 0.975]))


def descriptive(generator):
    x = [np.round(generator.standard_normal(12) + task, 1) for task in range(3)]
    y = [np.round(generator.standard_normal(10) + task + 0.5, 1) for task in range(3)]
    few = [generator.standard_normal(count) for count in (5, 4, 6, 2)]
    return {
        "iqm": [{"scores": [list(t) for t in x], "is": iqm_of(x),
                 "interval": bootstrap_ends(iqm_of, x)},
                {"scores": [list(t) for t in few], "is": iqm_of(few)}],
        "improvement": [{"x": [list(t) for t in x], "y": [list(t) for t in y],
                         "is": share_below(x, y), "interval": bootstrap_ends(share_below, x, y)},
                        {"x": [list(few[0])], "y": [list(few[2])],
                         "is": share_below(few[:1], few[2:3])}],
    }


def trends(generator):
    x = np.log2([2.0, 4.0, 8.0, 16.0, 32.0])
    values = 0.3 - 0.01 * x[:, None] + 0.02 * generator.standard_normal((5, 6))
    slopes = [stats.linregress(x, seed).slope for seed in values.T]
    line = stats.linregress(x, values[:, 0])
    low, high = stats.t.interval(0.95, len(slopes) - 1, np.mean(slopes), stats.sem(slopes))
    return {"x": list(x), "values": [list(v) for v in values], "slope": np.mean(slopes),
            "low": low, "high": high, "p": stats.ttest_1samp(slopes, 0).pvalue,
            "first_slope": line.slope, "first_offset": line.intercept}


def laid_out(golden):
    """Indented JSON with every list of numbers on a line of its own."""
    return re.sub(r"\[[^][{}]*\]", lambda numbers: " ".join(numbers[0].split()),
                  json.dumps(golden, indent=1))


def main():
    generator = np.random.default_rng(20)
    golden = {"distributions": distributions(), **tests(generator), "means": means(generator),
              "power": power(), "holm": holm(generator), "proportions": proportions(),
              "descriptive": descriptive(generator), "trend": trends(generator)}
    file = HERE / "statistics.json"
    file.write_text(laid_out(golden) + "\n")
    print(f"{file.stat().st_size / 1e3:.0f} kB")


if __name__ == "__main__":
    main()
