"""Metrics against independent public implementations."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import scipy.special
import scipy.stats
from prdc import compute_prdc
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from sklearn.metrics.pairwise import cosine_similarity, polynomial_kernel
from sklearn.neighbors import NearestNeighbors

from packshot.evaluation.authenticity import authenticity
from packshot.evaluation.density_coverage import density_coverage
from packshot.evaluation.diversity import spread, vendi_score
from packshot.evaluation.frechet import distance_of_sets, frechet, frechet_distance, moments
from packshot.evaluation.inception_score import inception_score
from packshot.evaluation.intervals import share
from packshot.evaluation.kid import kernel_distance, kid
from packshot.evaluation.near_copies import View, closest
from packshot.evaluation.precision_recall import precision_recall
from packshot.evaluation.reconstruction import psnr, ssim
from packshot.features.neighbours import nearest


def _features(seed: int, n: int, d: int, shift: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) / np.sqrt(d) + shift).astype(np.float32)


def _scipy_frechet(a: np.ndarray, b: np.ndarray) -> float:
    ca, cb = np.cov(a.astype(np.float64), rowvar=False), np.cov(b.astype(np.float64), rowvar=False)
    root = scipy.linalg.sqrtm(ca @ cb)
    apart = np.square(a.mean(0, dtype=np.float64) - b.mean(0, dtype=np.float64)).sum()
    return float(apart + np.trace(ca + cb - 2 * np.real(root)))


@pytest.mark.parametrize("shift", [0.0, 0.5, 30.0])
def test_frechet_distance_agrees_with_scipy(shift: float) -> None:
    a, b = _features(1, 400, 24), _features(2, 300, 24, shift)
    expected = _scipy_frechet(a, b)
    assert frechet_distance(moments(a), moments(b)) == pytest.approx(expected, rel=1e-6)
    assert frechet(a, b).value == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_of_sets_smaller_than_their_features_agrees_with_scipy() -> None:
    a, b = _features(1, 40, 200), _features(2, 70, 200, 0.1)
    # scipy cannot take the root of a singular product; the eigenvalues of the product give its trace.
    ca, cb = np.cov(a.astype(np.float64), rowvar=False), np.cov(b.astype(np.float64), rowvar=False)
    root = np.sqrt(np.clip(np.real(scipy.linalg.eigvals(ca @ cb)), 0, None)).sum()
    apart = np.square(a.mean(0, dtype=np.float64) - b.mean(0, dtype=np.float64)).sum()
    assert distance_of_sets(a, b) == pytest.approx(apart + np.trace(ca) + np.trace(cb) - 2 * root, rel=1e-6)


def test_likeness_agrees_with_scikit_image() -> None:
    rng = np.random.default_rng(0)
    a = rng.integers(0, 256, (40, 56, 3), dtype=np.uint8)
    b = (0.7 * a + rng.integers(0, 70, a.shape)).astype(np.uint8)
    wanted = structural_similarity(
        a, b, channel_axis=2, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255
    )
    assert ssim(a, b) == pytest.approx(wanted, rel=1e-9)
    assert psnr(a, b) == pytest.approx(peak_signal_noise_ratio(a, b), rel=1e-9)
    assert (ssim(a, a), psnr(a, a)) == (1.0, 99.0)


def _sklearn_kid(a: np.ndarray, b: np.ndarray) -> float:
    def kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return polynomial_kernel(x.astype(np.float64), y.astype(np.float64), degree=3, gamma=1 / a.shape[1], coef0=1)

    n, m = len(a), len(b)
    xx, yy, xy = kernel(a, a), kernel(b, b), kernel(a, b)
    return (xx.sum() - np.trace(xx)) / n / (n - 1) + (yy.sum() - np.trace(yy)) / m / (m - 1) - 2 * xy.mean()


def test_kernel_distance_agrees_with_scikit_learn() -> None:
    a, b = _features(3, 150, 16), _features(4, 120, 16, 0.3)
    assert kernel_distance(a, b) == pytest.approx(_sklearn_kid(a, b), rel=1e-6)
    blocks = [_sklearn_kid(a[i::3], b[i::3]) for i in range(3)]
    assert kid(a, b, block=40).value == pytest.approx(np.mean(blocks), rel=1e-6)


def test_the_kernel_distances_interval_is_the_plain_jackknife() -> None:
    a, b = _features(3, 30, 8), _features(4, 25, 8, 0.3)
    left = [np.array([_sklearn_kid(np.delete(a, i, 0), b) for i in range(len(a))])]
    left.append(np.array([_sklearn_kid(a, np.delete(b, i, 0)) for i in range(len(b))]))
    error = np.sqrt(sum((len(x) - 1) / len(x) * np.square(x - x.mean()).sum() for x in left))
    found = kid(a, b)
    assert (found.high - found.low) / 2 == pytest.approx(1.959964 * error, rel=1e-6)


def test_inception_score_agrees_with_scipy() -> None:
    p = scipy.special.softmax(_features(5, 90, 12) * 3, axis=1).astype(np.float64)
    p[:, 3] = 0
    p /= p.sum(axis=1, keepdims=True)
    expected = np.exp(scipy.special.rel_entr(p, p.mean(axis=0)).sum(axis=1).mean())
    assert inception_score(p) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 0.6])
@pytest.mark.parametrize("k", [3, 5])
def test_precision_recall_density_coverage_agree_with_prdc(shift: float, k: int) -> None:
    a, b = _features(6, 200, 10), _features(6, 400, 10, shift)[200:]
    expected = compute_prdc(a, b, nearest_k=k)
    precision, recall = precision_recall(a, b, k)
    density, coverage = density_coverage(a, b, k)
    found = {"precision": precision, "recall": recall, "density": density, "coverage": coverage}
    for name, figure in found.items():
        assert figure.value == pytest.approx(expected[name], rel=1e-6), name


def test_neighbours_and_what_rests_on_them_agree_with_scipy_and_scikit_learn() -> None:
    training, held_out, drawn = _features(7, 300, 12), _features(8, 100, 12), _features(9, 80, 12)
    search = NearestNeighbors(n_neighbors=4).fit(training.astype(np.float64))
    apart, index = search.kneighbors(drawn.astype(np.float64))
    found, rows = nearest(drawn, training, 4)
    np.testing.assert_allclose(found, apart, rtol=1e-6)
    np.testing.assert_array_equal(rows, index)
    own = scipy.spatial.distance.cdist(training, training)
    np.fill_diagonal(own, np.inf)
    between = scipy.spatial.distance.cdist(drawn, training)
    expected = np.mean(own.min(axis=1)[between.argmin(axis=1)] < between.min(axis=1))
    assert authenticity(training, drawn).value == pytest.approx(expected, rel=1e-6)
    limit = np.percentile(scipy.spatial.distance.cdist(held_out, training).min(axis=1), 1)
    near = closest(View(training, held_out, drawn))
    assert near.limits[0] == pytest.approx(limit, rel=1e-6)
    assert near.share.value == pytest.approx(np.mean(between.min(axis=1) < limit), rel=1e-6)


def test_diversity_agrees_with_scipy_and_scikit_learn() -> None:
    x = _features(10, 60, 20)
    assert spread(x) == pytest.approx(scipy.spatial.distance.pdist(x.astype(np.float64)).mean(), rel=1e-6)
    values = scipy.linalg.eigvalsh(cosine_similarity(x.astype(np.float64)) / len(x))
    assert vendi_score(x) == pytest.approx(np.exp(scipy.special.entr(np.clip(values, 0, None)).sum()), rel=1e-6)


@pytest.mark.parametrize(("hits", "n"), [(0, 10), (3, 17), (17, 17), (512, 1024)])
def test_wilsons_interval_agrees_with_scipy(hits: int, n: int) -> None:
    expected = scipy.stats.binomtest(hits, n).proportion_ci(0.95, method="wilson")
    found = share(hits, n)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-6)
