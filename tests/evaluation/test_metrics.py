"""Properties of the metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packshot.evaluation.authenticity import authenticity
from packshot.evaluation.density_coverage import density_coverage
from packshot.evaluation.diversity import relative_spread, spread, vendi_score
from packshot.evaluation.frechet import Moments, frechet, frechet_distance, moments
from packshot.evaluation.inception_score import inception, inception_score
from packshot.evaluation.intervals import Figure, clustered, mean, share
from packshot.evaluation.kid import kernel_distance, kid
from packshot.evaluation.near_copies import View, closest
from packshot.evaluation.precision_recall import precision_recall
from packshot.evaluation.r_precision import Projection, r_precision
from packshot.evaluation.wishes import spoken


def _set(seed: int, n: int = 60, d: int = 6) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


METRICS: dict[str, Callable[[np.ndarray, np.ndarray], Figure]] = {
    "fid": frechet,
    "kid": kid,
    "precision": lambda a, b: precision_recall(a, b)[0],
    "recall": lambda a, b: precision_recall(a, b)[1],
    "density": lambda a, b: density_coverage(a, b)[0],
    "coverage": lambda a, b: density_coverage(a, b)[1],
    "authenticity": authenticity,
    "spread": relative_spread,
}


@given(st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_identical_sets_are_at_distance_zero_in_any_order(seed: int) -> None:
    x = _set(seed)
    shuffled = x[np.random.default_rng(seed + 1).permutation(len(x))]
    assert frechet_distance(moments(x), moments(shuffled)) == pytest.approx(0, abs=1e-6)
    # The unbiased estimate leaves the diagonal out, so a set against itself comes out just below zero.
    assert kernel_distance(x, shuffled) < 1e-6
    assert precision_recall(x, shuffled)[0].value == precision_recall(x, shuffled)[1].value == 1
    assert density_coverage(x, shuffled)[1].value == 1
    assert authenticity(x, shuffled).value == 0
    assert relative_spread(x, shuffled).value == pytest.approx(1)


@given(st.integers(0, 1000), st.sampled_from(sorted(METRICS)))
@settings(max_examples=40, deadline=None)
def test_order_does_not_matter(seed: int, name: str) -> None:
    a, b = _set(seed), _set(seed + 1) * 1.3
    rng = np.random.default_rng(seed)
    again = METRICS[name](a[rng.permutation(len(a))], b[rng.permutation(len(b))])
    assert again.value == pytest.approx(METRICS[name](a, b).value, rel=1e-6, abs=1e-9)


def test_frechet_distance_of_known_gaussians_is_the_closed_form() -> None:
    a = Moments(np.zeros(3), np.diag([1.0, 4.0, 9.0]))
    b = Moments(np.array([1.0, 2.0, 2.0]), np.diag([4.0, 4.0, 1.0]))
    # 1 + 4 + 4 for the means; (1-2)² + 0 + (3-1)² for the deviations of commuting covariances.
    assert frechet_distance(a, b) == pytest.approx(9 + 1 + 4)


def test_more_noise_is_never_better() -> None:
    x, noise = _set(0, 300), np.random.default_rng(9).standard_normal((300, 6)).astype(np.float32)
    other = _set(1, 300)
    levels = [0.0, 0.5, 1.0, 2.0, 4.0]
    for name, better in {"fid": -1, "kid": -1, "precision": 1, "density": 1, "coverage": 1}.items():
        values = [better * METRICS[name](x, other + s * noise).value for s in levels]
        assert values == sorted(values, reverse=True), name


@pytest.mark.parametrize("n", [1, 2, 3])
def test_a_picture_or_two_do_not_crash(n: int) -> None:
    few, many = _set(0, n), _set(1, 5)
    for name, metric in METRICS.items():
        for a, b in ((few, many), (many, few), (few, few)):
            if name == "kid" and n < 2:
                with pytest.raises(ValueError, match="at least 2"):
                    metric(a, b)
                continue
            figure = metric(a, b)
            assert np.isfinite(figure.value), name
            assert figure.low <= figure.value <= figure.high, name
    assert inception(np.full((n, 4), 0.25)).value == pytest.approx(1)
    assert np.isfinite(vendi_score(few))
    near = closest(View(many, few, few))
    assert near.closeness.shape == (n,)


def test_intervals_hold_what_they_should() -> None:
    """Of a hundred repetitions, about ninety-five intervals hold the truth."""
    held = {"kid": 0, "share": 0, "mean": 0, "clustered": 0}
    for seed in range(100):
        rng = np.random.default_rng(seed)
        a, b = rng.standard_normal((60, 4)), rng.standard_normal((60, 4))
        found = {
            "kid": (kid(a, b), 0.0),
            "share": (share(int(rng.binomial(40, 0.3)), 40), 0.3),
            "mean": (mean(rng.standard_normal(50) + 2), 2.0),
            "clustered": (clustered([(rng.random(8) < p) for p in rng.uniform(0.2, 0.8, 30)]), 0.5),
        }
        for name, (figure, truth) in found.items():
            held[name] += figure.low <= truth <= figure.high
    assert all(count >= 88 for count in held.values()), held


def test_the_frechet_interval_is_as_wide_as_repetitions_differ() -> None:
    figures = [frechet(_set(2 * s, 200), _set(2 * s + 1, 200) + 0.5) for s in range(40)]
    spread_of_values = np.std([f.value for f in figures])
    half = np.median([(f.high - f.low) / 2 for f in figures])
    assert 1.2 < half / spread_of_values < 4


def test_the_inception_score_is_one_for_equal_and_the_number_of_classes_for_certain_predictions() -> None:
    assert inception_score(np.full((20, 5), 0.2)) == pytest.approx(1)
    assert inception_score(np.eye(5)[np.arange(20) % 5]) == pytest.approx(5)


def test_copies_are_found_and_counted() -> None:
    training, held_out = _set(1, 400), _set(2, 200)
    drawn = np.concatenate([_set(3, 90), training[:10] + 1e-4])
    near = closest(View(training, held_out, drawn))
    assert list(near.row[90:]) == list(range(10))
    assert near.near[90:].all()
    assert near.share.value == pytest.approx(0.1, abs=0.04)
    assert authenticity(training, training).value == 0


def test_copies_are_recognised_and_strangers_are_not_in_r_precision() -> None:
    rng = np.random.default_rng(0)
    texts = rng.standard_normal((120, 16))
    own = np.arange(600) % 120
    features = texts[own] @ rng.standard_normal((16, 40)) + 0.3 * rng.standard_normal((600, 40))
    projection = Projection(features[:400], texts[own[:400]])
    similarity = projection.similarity(features[400:], texts)
    assert r_precision(similarity, list(own[400:])).value > 0.9
    chance = r_precision(similarity, list(rng.permutation(own[400:])))
    assert chance.value < 0.1


def test_diversity_sees_repetition() -> None:
    x = _set(4, 50, 12)
    few = x[np.arange(50) % 5]
    assert spread(x[:1]) == 0
    assert vendi_score(few) <= 5 + 1e-6
    assert vendi_score(x) > 8
    assert relative_spread(x * 0.5, x).value == pytest.approx(0.5, rel=1e-5)


def test_shares_of_nothing_are_unknown() -> None:
    assert np.isnan(share(0, 0).value)
    assert (share(0, 0).low, share(0, 0).high) == (0, 1)


@pytest.mark.parametrize("descriptions", [1, 4, 5])
def test_each_description_is_asked_for_in_both_languages(descriptions: int) -> None:
    asked = [(i % descriptions, spoken(i, descriptions)) for i in range(2 * descriptions)]
    assert len(set(asked)) == 2 * descriptions
