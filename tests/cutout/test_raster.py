import cv2
import numpy as np
import pytest

from packshot.cutout.raster import components


@pytest.mark.parametrize("seed", range(20))
def test_components_are_those_that_opencv_finds_largest_first(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random(rng.integers(1, 40, 2)) < rng.random()
    labels, areas = components(mask)
    number, theirs, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    assert len(areas) == number - 1
    assert sorted(areas, reverse=True) == areas.tolist() == sorted(stats[1:, cv2.CC_STAT_AREA], reverse=True)
    # Each of theirs is one of ours.
    assert len(np.unique(np.stack([labels[mask], theirs[mask]]), axis=1).T) == number - 1
    assert ((labels > 0) == mask).all()
    assert [(labels == n + 1).sum() for n in range(len(areas))] == areas.tolist()


def test_among_equals_the_first_comes_first():
    labels, areas = components(np.array([[0, 1, 0, 1], [1, 0, 0, 1], [0, 0, 1, 0]], bool))
    assert labels.tolist() == [[0, 2, 0, 1], [3, 0, 0, 1], [0, 0, 4, 0]]
    assert areas.tolist() == [2, 1, 1, 1]
