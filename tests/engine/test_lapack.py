"""NumPy's LAPACK routines as kernels."""

import numpy as np
import pytest

pytestmark = pytest.mark.usefixtures("tapegrad")

SYMMETRIC = np.array([[4.0, 1.0], [1.0, 3.0]])


def test_results_are_those_of_numpy():
    """The same loops give the same bits, for each matrix of a batch."""
    from tapegrad._kernels import lapack

    batch = np.stack([SYMMETRIC, SYMMETRIC * 2])
    values, vectors = lapack("eigh_lo", (batch,))
    expected = np.linalg.eigh(batch)

    assert np.array_equal(values, expected[0])
    assert np.array_equal(vectors, expected[1])


def test_matrices_lie_column_by_column():
    """As LAPACK leaves them, and therefore PyTorch."""
    from tapegrad._kernels import lapack

    inverse = lapack("inv", (SYMMETRIC,))

    assert inverse.strides == (8, 16)


def test_sizes_are_those_that_the_input_leads_to():
    """Also those that it has not itself: as many singular values as the smaller size."""
    from tapegrad._kernels import lapack

    wide = np.arange(24.0).reshape(2, 3, 4)

    assert [x.shape for x in lapack("svd_s", (wide,))] == [(2, 3, 3), (2, 3), (2, 3, 4)]
    assert [x.shape for x in lapack("svd_f", (wide,))] == [(2, 3, 3), (2, 3), (2, 4, 4)]
    assert lapack("qr_r_raw", (wide.copy(),)).shape == (2, 3)
    with pytest.raises(ValueError, match="needs 2 dims"):
        lapack("inv", (np.ones(3),))


def test_one_failure_refuses_the_batch():
    """A matrix without a factor is told, and the call after it is not taken for a failed one."""
    from tapegrad._kernels import lapack

    batch = np.stack([SYMMETRIC, -SYMMETRIC])

    with pytest.raises(np.linalg.LinAlgError):
        lapack("cholesky_lo", (batch,))
    assert np.isfinite(lapack("cholesky_lo", (SYMMETRIC,))).all()


def test_other_dtypes_are_refused():
    """Two matrices of different dtypes are no input of a routine."""
    from tapegrad._kernels import lapack

    with pytest.raises(TypeError, match="does not take float32"):
        lapack("solve", (SYMMETRIC, SYMMETRIC.astype(np.float32)))
