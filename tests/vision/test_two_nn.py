"""TwoNN finds the dimension of surfaces whose dimension is known."""

import numpy as np
import pytest

from fls_teach.vision.data.two_nn import two_nn

pytestmark = pytest.mark.kernels
RNG = np.random.default_rng(0)


def sphere(k):
    """1,000 points of the unit sphere of dimension k, in k + 1 coordinates."""
    normal = RNG.standard_normal((1000, k + 1))
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("shape", ["sphere", "cube", "cube in 50 dimensions"])
def test_known_dimensions(shape, k):
    """Catches a wrong neighbour, a wrong logarithm, or the number of coordinates taken for the dimension.

    The estimate's standard error is d/sqrt(n), 3% here; a cube's border adds less than that up to dimension 4.
    """
    points = sphere(k) if shape == "sphere" else RNG.random((1000, k))
    if "50" in shape:
        points = points @ np.linalg.qr(RNG.standard_normal((50, k)))[0].T
    assert two_nn(points) == pytest.approx(k, rel=0.12)


def test_neither_place_nor_size_nor_copies_matter():
    """Catches ratios of squared distances, and copies whose distance 0 gives an infinite ratio."""
    points = sphere(2)
    found = two_nn(points)
    assert two_nn(1e3 * points + 5) == pytest.approx(found) == two_nn(np.concatenate([points, points[:200]]))


def test_many_dimensions_are_underestimated():
    """Catches a docstring that promises more than the estimator can do: 128 look like fewer than 70."""
    assert 45 < two_nn(RNG.standard_normal((1000, 128))) < 70


@pytest.mark.parametrize(
    ("points", "words"),
    [
        (np.ones(30), r"points are \(30,\); wanted rows"),
        (np.full((30, 2), np.nan), "wanted rows of finite numbers"),
        (np.ones((500, 2)), "there are 1 different points; wanted at least 20"),
    ],
)
def test_what_is_no_cloud_is_refused(points, words):
    with pytest.raises(ValueError, match=words):
        two_nn(points)
