"""Named behaviours of linear algebra: errors, statuses, empty matrices, names of results."""

import pytest


@pytest.mark.parametrize(("call", "text"), [
    (lambda torch: torch.linalg.inv(torch.zeros(2, 2)),
     "linalg.inv: The diagonal element 1 is zero, the inversion could not be completed because the "
     "input matrix is singular."),
    (lambda torch: torch.linalg.inv(torch.stack([torch.eye(2), torch.ones(2, 2)])),
     "linalg.inv: (Batch element 1): The diagonal element 2 is zero, the inversion could not be "
     "completed because the input matrix is singular."),
    (lambda torch: torch.linalg.solve(torch.zeros(2, 2), torch.ones(2)),
     "torch.linalg.solve: The solver failed because the input matrix is singular."),
    (lambda torch: torch.linalg.cholesky(torch.tensor([[1.0, 2.0], [2.0, 1.0]])),
     "linalg.cholesky: The factorization could not be completed because the input is not "
     "positive-definite (the leading minor of order 2 is not positive-definite)."),
    (lambda torch: torch.linalg.svd(torch.tensor([[float("nan"), 1.0], [1.0, 1.0]])),
     "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite "
     "values."),
])
def test_what_does_not_exist_is_refused(torch, call, text):
    """A result that does not exist raises LinAlgError, which names the matrix of a batch."""
    with pytest.raises(torch.linalg.LinAlgError) as caught:
        call(torch)

    assert str(caught.value).startswith(text)
    assert issubclass(torch.linalg.LinAlgError, RuntimeError)


@pytest.mark.parametrize(("call", "text"), [
    (lambda torch: torch.linalg.inv(torch.ones(2, 3)),
     "linalg.inv: A must be batches of square matrices, but they are 2 by 3 matrices"),
    (lambda torch: torch.linalg.inv(torch.ones(2, 2, dtype=torch.int64)),
     "linalg.inv: Expected a floating point or complex tensor as input. Got Long"),
    (lambda torch: torch.linalg.solve(torch.eye(2), torch.ones(3)),
     "linalg.solve: Incompatible shapes of A and B for the equation AX = B (2x2 and 3x1)"),
    (lambda torch: torch.linalg.lu_factor(torch.zeros(2, 2)),
     "torch.linalg.lu_factor: U[1,1] is zero and using it on lu_solve would result in a division "
     "by zero."),
    (lambda torch: torch.lu_unpack(torch.eye(2), torch.tensor([1, 5], dtype=torch.int32)),
     "pivots passed to lu_unpack must be between 1 and LU.size(-2) inclusive."),
    (lambda torch: torch.linalg.lu_solve(torch.eye(2), torch.tensor([1, 9], dtype=torch.int32),
                                         torch.ones(2, 1)),
     "Pivots given to lu_solve must all be smaller or equal to LU.size(-2)."),
    (lambda torch: torch.einsum("ij,jk->ik", torch.ones(2, 3), torch.ones(2, 3)),
     "einsum(): subscript j has size 2 for operand 1 which does not broadcast with previously seen "
     "size 3"),
    (lambda torch: torch.linalg.multi_dot([torch.ones(2, 2)]),
     "multi_dot(): expected at least 2 tensors but got 1"),
    (lambda torch: torch.linalg.matrix_norm(torch.ones(2, 2), ord=3),
     "linalg.matrix_norm: Order 3 not supported."),
    (lambda torch: torch.linalg.vector_norm(torch.ones(0), ord=float("inf")),
     "linalg.vector_norm cannot compute the inf norm on an empty tensor because the operation does "
     "not have an identity"),
])
def test_what_does_not_fit_is_refused(torch, call, text):
    """Arguments of the wrong form raise RuntimeError in PyTorch's words."""
    with pytest.raises(RuntimeError) as caught:
        call(torch)

    assert str(caught.value).startswith(text)


def test_statuses_say_which_matrix_failed(torch):
    """The forms with ``_ex`` do not raise: their status is the step that failed."""
    matrices = torch.stack([torch.eye(3), torch.diag(torch.tensor([1.0, 0.0, 2.0]))])
    inverse, info = torch.linalg.inv_ex(matrices)

    assert info.tolist() == [0, 2] and info.dtype is torch.int32
    assert torch.equal(inverse[0], torch.eye(3))
    assert torch.linalg.lu_factor_ex(matrices).info.tolist() == [0, 2]
    assert torch.linalg.cholesky_ex(-matrices).info.tolist() == [1, 1]
    assert torch.linalg.solve_ex(matrices, torch.ones(2, 3)).info.tolist() == [0, 2]


def test_results_have_names(torch):
    """Results of several tensors are tuples with named fields."""
    result = torch.linalg.eigh(torch.diag(torch.tensor([1.0, 2.0])))
    values, vectors = result

    assert result.eigenvalues is values and result.eigenvectors is vectors
    assert repr(torch.linalg.slogdet(torch.eye(2))) == (
        "torch.return_types.linalg_slogdet(\nsign=tensor(1.),\nlogabsdet=tensor(0.))")


def test_factors_of_large_matrices_multiply_to_them(torch):
    """Blocks of a large matrix are joined rightly, also for a batch and a tall matrix."""
    torch.manual_seed(3)
    for shape in ((2, 250, 250), (300, 210), (210, 300)):
        matrix = torch.randn(*shape, dtype=torch.float64)
        permutation, below, above = torch.linalg.lu(matrix)

        assert torch.allclose(permutation @ below @ above, matrix)
        assert float(below.abs().max()) == 1.0


def test_large_triangles_are_solved(torch):
    """Substitution in blocks gives what one in a piece would, from both sides."""
    torch.manual_seed(3)
    triangle = torch.eye(250, dtype=torch.float64) + torch.randn(250, 250).double().triu(1) / 250
    right = torch.randn(250, 3, dtype=torch.float64)
    column = torch.linalg.solve_triangular(triangle, right, upper=True)
    row = torch.linalg.solve_triangular(triangle.mT, right.mT, upper=False, left=False)

    assert torch.allclose(triangle @ column, right)
    assert torch.allclose(row @ triangle.mT, right.mT)


def test_a_zero_pivot_gives_infinities(torch):
    """A triangle with a zero on its diagonal raises nothing."""
    solved = torch.linalg.solve_triangular(torch.zeros(1, 1), torch.ones(1, 1), upper=True)

    assert solved.tolist() == [[float("inf")]]


def test_derivative_of_a_singular_determinant(tapegrad):
    """Where the determinant is zero its derivative is the matrix of cofactors, not zero."""
    matrix = tapegrad.tensor([[1.0, 2.0], [2.0, 4.0]], dtype=tapegrad.float64, requires_grad=True)
    tapegrad.linalg.det(matrix).backward()

    assert tapegrad.allclose(matrix.grad, tapegrad.tensor([[4.0, -2.0], [-2.0, 1.0]]).double())


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 3, 3)])
def test_empty_matrices(torch, shape):
    """Matrices without elements have factors, inverses and a determinant of one."""
    matrix = torch.zeros(shape)

    assert torch.linalg.inv(matrix).shape == shape
    assert torch.equal(torch.linalg.det(matrix), torch.ones(shape[:-2]))
    assert torch.linalg.svdvals(matrix).shape == shape[:-1]
    assert torch.linalg.lu(matrix).L.shape == shape
    assert torch.linalg.matrix_exp(matrix).shape == shape


def test_precision_is_kept(torch):
    """float32 stays float32 in every result."""
    matrix = torch.eye(2) * 2
    results = [torch.linalg.inv(matrix), *torch.linalg.eigh(matrix), *torch.linalg.svd(matrix),
               *torch.linalg.qr(matrix), torch.linalg.matrix_exp(matrix), torch.linalg.pinv(matrix),
               *torch.linalg.lu(matrix), torch.linalg.cond(matrix), torch.linalg.norm(matrix, 2)]

    assert {result.dtype for result in results} == {torch.float32}


@pytest.mark.parametrize("name", ["addmm_", "addmv_", "addr_", "baddbmm_", "addbmm_"])
def test_sums_of_products_in_place(torch, name):
    """In-place forms write the target, and record what the others record."""
    torch.manual_seed(1)
    vector, matrix, batch = torch.randn(3), torch.randn(3, 3), torch.randn(2, 3, 3)
    target, factors = {
        "addmm_": (matrix, (matrix, matrix)), "addmv_": (vector, (matrix, vector)),
        "addr_": (matrix, (vector, vector)), "baddbmm_": (batch, (batch, batch)),
        "addbmm_": (matrix, (batch, batch)),
    }[name]
    factors = [one.clone().requires_grad_() for one in factors]
    written = target.clone()
    same = getattr(written, name)(*factors, beta=0.5, alpha=2)
    expected = getattr(torch, name[:-1])(target, *factors, beta=0.5, alpha=2)

    assert same is written and torch.equal(written, expected)
    assert [g.tolist() for g in torch.autograd.grad(written.sum(), factors)] == [
        g.tolist() for g in torch.autograd.grad(expected.sum(), factors)]


def test_nothing_is_read_where_beta_is_zero(torch):
    """NaN in the summand does not spread."""
    result = torch.addmm(torch.full((2, 2), float("nan")), torch.eye(2), torch.eye(2), beta=0)

    assert torch.equal(result, torch.eye(2))


def test_einsum_with_lists(torch):
    """Subscripts may be numbers behind each operand."""
    a, b = torch.arange(6.0).reshape(2, 3), torch.arange(12.0).reshape(3, 4)

    assert torch.equal(torch.einsum(a, [0, 1], b, [1, 2], [0, 2]), a @ b)
    assert torch.equal(torch.einsum("i j, j k", [a, b]), a @ b)
