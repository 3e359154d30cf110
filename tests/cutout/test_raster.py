import cv2
import numpy as np
import pytest

from packshot.cutout.raster import box_mean, components


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


@pytest.mark.parametrize("radius", [0, 1, 2, 3, 9])
@pytest.mark.parametrize("shape", [(1, 1), (2, 30), (17, 23), (12, 11, 3)])
def test_a_mean_is_over_the_part_of_its_window_that_lies_in_the_picture(shape, radius):
    plane = np.random.default_rng(radius).random(shape, np.float32)
    found = box_mean(plane, radius)
    for y, x in ((0, 0), (shape[0] - 1, shape[1] // 2), (shape[0] // 2, shape[1] - 1)):
        window = plane[max(0, y - radius) : y + radius + 1, max(0, x - radius) : x + radius + 1]
        assert found[y, x] == pytest.approx(window.mean((0, 1)), abs=1e-6)
    assert found.dtype == np.float32
