"""Writes tests/fixtures/statistics.json: what well-known implementations say of figures like ours.

    python3 -m venv /tmp/reference && /tmp/reference/bin/pip install -r tests/reference/requirements.txt
    /tmp/reference/bin/python tests/reference/statistics.py

Run it by hand when a case is added; the tests only read the fixture. Which implementation stands behind which value:

- statistic, p_value, absolute of shares: statsmodels (proportions_ztest, confint_proportions_2indep "wald")
- the same of means: scipy (ttest_ind with unequal variances), degrees of freedom and interval gbstats
- the same of ratios: statsmodels (OLS on the sessions or orders, standard errors clustered by unit) gives each variance;
  gbstats (RatioStatistic) must give the same, and gives degrees of freedom and test
- relative, chance, loss, posterior, credible, sequential: gbstats on the relative effect; where gbstats takes Student's t for
  shares we take the normal distribution, so there the interval is scipy's around gbstats' effect and deviation
- samples: statsmodels (NormalIndPower with the effect in standard deviations); mismatches: scipy (chisquare)

gbstats answers "no result" with zeros where a variant has no spread or the control's figure is 0; the fixture has null there.
p-values come from scipy's survival functions, for 1 - cdf has lost its digits from 1e-12 on. The expected loss is gbstats'
formula with 50 digits (mpmath), held here against gbstats' own.
"""

import json
import math
import platform
from fractions import Fraction
from pathlib import Path

import gbstats
import mpmath
import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm
from gbstats.bayesian.tests import EffectBayesianABTest, EffectBayesianConfig, GaussianPrior
from gbstats.frequentist.tests import (
    FrequentistConfig,
    SequentialConfig,
    SequentialTwoSidedTTest,
    TwoSidedTTest,
)
from gbstats.models.statistics import ProportionStatistic, RatioStatistic, SampleMeanStatistic
from gbstats.utils import check_srm
from scipy import stats
from statsmodels.stats.power import NormalIndPower
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

SEED = 20_261_125
TUNING = 5_000
mpmath.mp.dps = 50
random = np.random.default_rng(SEED)


def close(a, b, tolerance=1e-9):
    assert math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-300), (a, b)


# What a figure is to us and to gbstats.


def share(units, successes):
    return {"share": {"units": units, "successes": successes}}, ProportionStatistic(n=units, sum=successes)


def total(values):
    return sum(int(value) for value in values)


def squares(values):
    return sum(int(value) ** 2 for value in values)


def mean(values):
    figure = {"mean": {"units": len(values), "sum": str(total(values)), "sum_of_squares": str(squares(values))}}
    return figure, ExactMean(values)


def exact_variance(values):
    if len(values) < 2:
        return 0.0
    middle = Fraction(total(values), len(values))
    return float(sum((int(value) - middle) ** 2 for value in values) / (len(values) - 1))


class ExactMean(SampleMeanStatistic):
    """gbstats subtracts two large doubles; the variance of the values themselves keeps its digits."""

    def __init__(self, values):
        super().__init__(n=len(values), sum=float(total(values)), sum_squares=float(squares(values)))
        self.exact = exact_variance(values)

    @property
    def variance(self):
        return self.exact


def ratio(numerators, denominators):
    pairs = [(int(x), int(y)) for x, y in zip(numerators, denominators)]
    x, y = sum(p[0] for p in pairs), sum(p[1] for p in pairs)
    xx, yy, xy = sum(p[0] ** 2 for p in pairs), sum(p[1] ** 2 for p in pairs), sum(p[0] * p[1] for p in pairs)
    figure = {
        "ratio": {
            "units": len(pairs),
            "numerator": str(x),
            "denominator": str(y),
            "numerator_squares": str(xx),
            "denominator_squares": str(yy),
            "products": str(xy),
        }
    }
    statistic = RatioStatistic(
        n=len(pairs),
        m_statistic=SampleMeanStatistic(n=len(pairs), sum=float(x), sum_squares=float(xx)),
        d_statistic=SampleMeanStatistic(n=len(pairs), sum=float(y), sum_squares=float(yy)),
        m_d_sum_of_products=float(xy),
    )
    return figure, statistic


# What is expected of a comparison.


class Bayes(EffectBayesianABTest):
    """Without the losses that overflow in scipy's truncated normal distribution."""

    @staticmethod
    def get_risk(mu, sigma):
        return EffectBayesianABTest.get_risk(mu, sigma) if abs(mu) < 30 * sigma else [0.0, 0.0]


def absolute(alpha):
    config = FrequentistConfig(alpha=alpha)
    config.difference_type = "absolute"
    return config


def on_relative(a, b, alpha, direction, prior, normal):
    """Everything on the relative effect, from gbstats."""
    result = TwoSidedTTest(a, b, FrequentistConfig(alpha=alpha)).compute_result()
    if result.error_message:
        return {}
    effect, deviation = result.expected, result.uplift.stddev
    interval = list(stats.norm.interval(1 - alpha, effect, deviation)) if normal else result.ci
    gaussian = GaussianPrior() if prior is None else GaussianPrior(prior["mean"], prior["deviation"] ** 2, True)
    decrease = direction == "decrease"
    bayes = Bayes(a, b, EffectBayesianConfig(inverse=decrease, alpha=alpha, prior_effect=gaussian)).compute_result()
    better = (-1 if decrease else 1) * mpmath.mpf(bayes.uplift.mean) / mpmath.mpf(bayes.uplift.stddev)
    tail = mpmath.erfc(better / mpmath.sqrt(2)) / 2
    loss = float(bayes.uplift.stddev * (mpmath.npdf(better) - better * tail))
    if 1e-9 < loss / bayes.uplift.stddev < 30:
        close(loss, bayes.risk[1], 1e-6)
    sequence = SequentialTwoSidedTTest(a, b, SequentialConfig(alpha=alpha, sequential_tuning_parameter=TUNING)).compute_result()
    return {
        "relative": [effect, *interval],
        "chance": bayes.chance_to_win,
        "loss": loss,
        "posterior": bayes.uplift.mean,
        "credible": bayes.ci,
        "sequential": sequence.ci,
        "sequential_p": sequence.p_value,
    }


def case(kind, control, challenger, expected, alpha, direction, prior):
    def number(value):
        if value is None or isinstance(value, list) and any(v is None for v in value):
            return None
        if isinstance(value, list):
            return [number(v) for v in value]
        return float(value) if math.isfinite(value) else None

    keys = ["statistic", "degrees", "p_value", "absolute", "relative", "chance", "loss", "posterior", "credible", "sequential", "sequential_p"]
    row = {"kind": kind, "control": control, "challenger": challenger, "alpha": alpha, "direction": direction}
    if prior is not None:
        row["prior"] = prior
    row["expected"] = {key: number(expected.get(key)) for key in keys}
    return row


PRIORS = [None, None, {"mean": 0.0, "deviation": 0.3}, {"mean": 0.05, "deviation": 0.1}]
ALPHAS = [0.05, 0.05, 0.05 / 4, 0.1, 0.001]


def settings(nth):
    return ALPHAS[nth % len(ALPHAS)], ("increase", "decrease")[nth % 3 == 2], PRIORS[nth % len(PRIORS)]


def shares():
    cells = [
        (1, 0), (1, 1), (2, 1), (7, 0), (7, 7), (10, 3), (40, 1), (50, 49), (333, 111), (1_000, 0), (1_000, 20), (1_000, 1_000),
        (22_000, 440), (22_000, 470), (22_000, 528), (10_000, 200), (10_000, 240), (10_000_000, 1), (10_000_000, 203_412),
        (10_000_000, 9_999_999), (4_000_000_000, 80_000_000), (4_000_000_000, 80_100_000),
    ]  # fmt: skip
    rows = []
    for i, a in enumerate(cells):
        # Each cell with itself, its neighbours and some that are far off.
        for j in sorted({i, (i + 1) % len(cells), (i - 1) % len(cells), (7 * i + 3) % len(cells), (5 * i + 11) % len(cells)}):
            b = cells[j]
            alpha, direction, prior = settings(len(rows))
            (control, stat_a), (challenger, stat_b) = share(*a), share(*b)
            expected = on_relative(stat_a, stat_b, alpha, direction, prior, normal=True)
            difference = stat_b.mean - stat_a.mean
            with np.errstate(all="ignore"):
                z, _ = proportions_ztest([b[1], a[1]], [b[0], a[0]])
            if math.isfinite(z):
                expected |= {"statistic": z, "p_value": 2 * stats.norm.sf(abs(z))}
            if stat_a.variance + stat_b.variance > 0:
                lower, upper = confint_proportions_2indep(b[1], b[0], a[1], a[0], method="wald", compare="diff", alpha=alpha)
                expected["absolute"] = [difference, lower, upper]
            rows.append(case("share", control, challenger, expected, alpha, direction, prior))
    return rows


def revenue(units, rate, middle):
    """Minor units: most buy nothing, the others something skewed."""
    bought = random.random(units) < rate
    return np.where(bought, np.round(random.lognormal(math.log(middle), 0.8, units)), 0).astype(object)


def means():
    groups = [
        [0], [5_000], [0, 0], [0, 9_990], [1_999, 1_999, 1_999], [100, 250], [0, 0, 0, 0, 0], [3, 1, 4, 1, 5, 9, 2, 6], [10**14] * 5 + [10**14 + 1] * 4,
        list(revenue(30, 0.5, 4_000)), list(revenue(90, 0.3, 4_200)), list(revenue(250, 0.1, 5_000)), list(revenue(1_000, 0.05, 5_000)),
        list(revenue(1_000, 0.06, 5_000)), list(revenue(20_000, 0.02, 7_000)), list(revenue(20_000, 0.024, 7_000)),
        [999_999_999_999_999] + [0] * 2_000, [0] * 1_999 + [1], list(random.poisson(1.5, 400)), list(random.poisson(1.9, 40)),
    ]  # fmt: skip
    rows = []
    for i, a in enumerate(groups):
        for j in sorted({i, (i + 1) % len(groups), (i - 1) % len(groups), (7 * i + 3) % len(groups)}):
            b = groups[j]
            alpha, direction, prior = settings(len(rows))
            (control, stat_a), (challenger, stat_b) = mean(a), mean(b)
            expected = on_relative(stat_a, stat_b, alpha, direction, prior, normal=False)
            if len(a) > 1 and len(b) > 1 and stat_a.variance + stat_b.variance > 0:
                test = TwoSidedTTest(stat_a, stat_b, absolute(alpha))
                moments = [(stat.mean, math.sqrt(stat.variance), stat.n) for stat in (stat_b, stat_a)]
                welch = stats.ttest_ind_from_stats(*moments[0], *moments[1], equal_var=False)
                if max(*a, *b) < 10**12:
                    # From the values themselves; of values like 10^14 next to small ones doubles know too little.
                    values = stats.ttest_ind([float(value) for value in b], [float(value) for value in a], equal_var=False)
                    close(values.statistic, welch.statistic)
                    close(values.df, test.dof)
                reach = stats.t.isf(alpha / 2, test.dof) * math.sqrt(test.variance)
                expected |= {
                    "statistic": welch.statistic,
                    "degrees": test.dof,
                    "p_value": 2 * stats.t.sf(abs(welch.statistic), test.dof),
                    "absolute": [test.point_estimate, test.point_estimate - reach, test.point_estimate + reach],
                }
            rows.append(case("mean", control, challenger, expected, alpha, direction, prior))
    return rows


def clustered(numerators, denominators, outcomes):
    """statsmodels' variance of the mean outcome, clustered by unit, as the variance of one of all units' parts."""
    groups = [unit for unit, count in enumerate(denominators) for _ in range(int(count))]
    flat = [float(outcome) for unit in outcomes for outcome in unit]
    fit = sm.OLS(flat, np.ones(len(flat))).fit(cov_type="cluster", cov_kwds={"groups": np.array(groups)})
    # It counts the units that have any session, we all that were exposed.
    seen, all_units = sum(1 for count in denominators if count > 0), len(denominators)
    correction = (all_units / (all_units - 1)) / (seen / (seen - 1))
    return float(fit.cov_params()[0][0]) * correction * all_units


def visits(units, sessions, rate, middle=None):
    """Units with sessions (or orders), each with an outcome: 0 or 1, or money."""
    denominators = random.poisson(sessions, units)
    own = np.clip(random.normal(rate, 0.1, units), 0.01, 0.99)
    if middle is None:
        outcomes = [(random.random(count) < own[unit]).astype(int) for unit, count in enumerate(denominators)]
    else:
        outcomes = [np.round(random.lognormal(math.log(middle), 0.7, count)) for count in denominators]
    return [total(outcome) for outcome in outcomes], list(denominators), outcomes


def ratios():
    alike = [[1]] * 20, [[0, 0]] * 20
    groups = [
        visits(60, 1.5, 0.4), visits(75, 1.7, 0.5), visits(900, 1.3, 0.35), visits(1_100, 1.3, 0.3), visits(8_000, 1.2, 0.42), visits(8_000, 1.25, 0.40),
        visits(400, 0.3, 0, 4_000), visits(500, 0.25, 0, 5_000), visits(5_000, 0.04, 0, 6_000), visits(5_000, 0.05, 0, 6_400),
        ([1] * 20, [1] * 20, alike[0]), ([0] * 20, [2] * 20, alike[1]), ([3], [4], [[1, 1, 1, 0]]), ([0, 0], [0, 0], [[], []]),
        ([1, 2], [3, 2], [[1, 0, 0], [1, 1]]),
        ([10**14 + 7, 10**14, 3 * 10**13], [2, 1, 1], [[10**14, 7], [10**14], [3 * 10**13]]),
    ]  # fmt: skip
    rows = []
    for i, a in enumerate(groups):
        for j in sorted({i, (i + 1) % len(groups), (i - 1) % len(groups), (5 * i + 3) % len(groups)}):
            b = groups[j]
            alpha, direction, prior = settings(len(rows))
            (control, stat_a), (challenger, stat_b) = ratio(*a[:2]), ratio(*b[:2])
            for statistic, group in ((stat_a, a), (stat_b, b)):
                if sum(1 for count in group[1] if count > 0) > 1 and statistic.variance > 1e-12:
                    close(statistic.variance, clustered(*group), 1e-8)
            expected = on_relative(stat_a, stat_b, alpha, direction, prior, normal=False)
            enough = min(len(a[0]), len(b[0])) > 1 and min(sum(a[1]), sum(b[1])) > 0
            # Of units that are all alike gbstats has a rounding error for a variance.
            spread = [statistic.variance if statistic.variance > 1e-12 * statistic.mean**2 else 0 for statistic in (stat_a, stat_b)]
            if enough and sum(spread) > 0:
                test = TwoSidedTTest(stat_a, stat_b, absolute(alpha))
                expected |= {
                    "statistic": test.critical_value,
                    "degrees": test.dof,
                    "p_value": 2 * stats.t.sf(abs(test.critical_value), test.dof),
                    "absolute": [test.point_estimate, *test.confidence_interval],
                }
            if min(spread) == 0:
                expected = {key: value for key, value in expected.items() if key in ("statistic", "degrees", "p_value", "absolute")}
            rows.append(case("ratio", control, challenger, expected, alpha, direction, prior))
    return rows


def samples():
    rows = []
    for base in (0.0005, 0.02, 0.1, 0.5, 0.9):
        for effect in (0.01, 0.1, 0.2, 0.5):
            for direction in ("increase", "decrease"):
                alpha, _, _ = settings(len(rows))
                power = (0.8, 0.9)[len(rows) % 2]
                changed = base * (1 + effect) if direction == "increase" else base * (1 - effect)
                if changed > 1:
                    continue
                variance = base * (1 - base) + changed * (1 - changed)
                deviations = abs(changed - base) / math.sqrt(variance / 2)
                solver = NormalIndPower()
                # One side of half the level: two-sided would count findings in the wrong direction.
                units = solver.solve_power(deviations, alpha=alpha / 2, power=power, alternative="larger")
                seen = solver.power(deviations, 1_234, alpha / 2, alternative="larger")
                rows.append(
                    {"base": base, "effect": effect, "direction": direction, "alpha": alpha, "power": power, "units": float(units), "power_of_1234": float(seen)}
                )
    return rows


def mismatches():
    rows = []
    splits = [
        ([500, 500], [1, 1]), ([520, 480], [1, 1]), ([5_300, 4_700], [1, 1]), ([900, 120], [9, 1]), ([333, 340, 327], [1, 1, 1]),
        ([10_000_000, 10_020_000], [1, 1]), ([7, 3], [1, 1]), ([4_000, 3_000, 2_000, 1_200], [4, 3, 2, 1]), ([50_000, 0], [1, 1]),
    ]  # fmt: skip
    for observed, weights in splits:
        expected = [sum(observed) * weight / sum(weights) for weight in weights]
        test = stats.chisquare(observed, expected)
        close(test.pvalue, check_srm(observed, weights))
        rows.append({"observed": observed, "expected": expected, "chi_squared": float(test.statistic), "p_value": float(test.pvalue)})
    return rows


def main():
    versions = {
        "python": platform.python_version(),
        "gbstats": gbstats.__version__,
        "mpmath": mpmath.__version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "statsmodels": statsmodels.__version__,
    }
    fixture = {
        "made_by": {"script": "tests/reference/statistics.py", "seed": SEED, **versions},
        "comparisons": shares() + means() + ratios(),
        "samples": samples(),
        "mismatches": mismatches(),
    }
    # A row a line: a change shows which.
    lines = []
    for key, value in fixture.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row) for row in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    path = Path(__file__).parents[1] / "fixtures" / "statistics.json"
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(path, len(fixture["comparisons"]), "comparisons,", path.stat().st_size, "bytes")


main()
