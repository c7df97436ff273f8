"""Mistakes in calls of functional forms and layers: PyTorch's class and text."""

from types import ModuleType

import pytest
from support import assert_mistake

SETUP = """
F = torch.nn.functional
x = torch.ones(4, 3)
c = torch.tensor([0, 1, 2, 0])
w = torch.ones(2)
long = torch.zeros(2, 4, dtype=torch.int64)
"""
MISTAKES = [
    ("F.cross_entropy(x, torch.tensor([0, 1, 5, 0]))", IndexError, "Target 5 is out of bounds."),
    ("F.cross_entropy(x, c[:2])", ValueError,
     "Expected input batch_size (4) to match target batch_size (2)."),
    ("F.cross_entropy(x, c.int())", RuntimeError,
     "expected target dtype to be Long or Byte, but got Int"),
    ("F.cross_entropy(x, c.float())", RuntimeError,
     "expected target dtype to be Long or Byte, but got Float"),
    ("F.cross_entropy(x, c.bool())", RuntimeError,
     "expected target dtype to be Long or Byte, but got Bool"),
    ("F.cross_entropy(torch.ones(()), torch.tensor(0))", RuntimeError,
     "Expected floating point type for target with class probabilities, got Long"),
    ("F.cross_entropy(x, x, ignore_index=1)", RuntimeError,
     "ignore_index is not supported for floating point target"),
    ("F.cross_entropy(x, c, label_smoothing=2.0)", RuntimeError,
     "label_smoothing must be between 0.0 and 1.0. Got: 2"),
    ("F.cross_entropy(x, c, w)", RuntimeError,
     "weight tensor should be defined either for all 3 classes or no classes but got weight "
     "tensor of shape: [2]"),
    ("F.cross_entropy(x, x, w)", RuntimeError,
     "cross_entropy: weight tensor should be defined either for all 3 classes or no classes but "
     "got weight tensor of shape: [2]"),
    ("F.cross_entropy(x, c, torch.ones(3).double())", RuntimeError,
     "expected scalar type Float but found Double"),
    ("F.cross_entropy(x, c, reduction='foo')", ValueError,
     "foo is not a valid value for reduction"),
    ("F.cross_entropy(torch.ones(2, 3, 4), long[:, :3])", RuntimeError,
     "Expected target size [2, 4], got [2, 3]"),
    ("F.cross_entropy(torch.ones(2, 3, 4, 4), torch.zeros(2, 5, 4).long())", RuntimeError,
     "size mismatch (got input: [2, 3, 4, 4] , target: [2, 5, 4]"),
    ("F.cross_entropy(torch.ones(2, 3, 4, 4), long)", RuntimeError,
     "only batches of spatial targets supported (3D tensors) but got targets of dimension: 2"),
    ("F.cross_entropy(x[0], c)", ValueError,
     "For 1D input, 1D target must have size 1, but got target size: 4"),
    ("F.nll_loss(torch.ones(()), torch.tensor(0))", ValueError,
     "Expected 1 or more dimensions (got 0)"),
    ("F.nll_loss(x, torch.zeros(4, 3).long())", RuntimeError,
     "0D or 1D target tensor expected, multi-target not supported"),
    ("F.nll_loss(torch.ones(2, 3, 4), long, w)", RuntimeError,
     "weight tensor should be defined either for all or no classes"),
    ("F.nll_loss(x.long(), c)", NotImplementedError,
     "\"nll_loss_out_frame\" not implemented for 'Long'"),
    ("F.mse_loss(c, c)", NotImplementedError, "\"mse_cpu\" not implemented for 'Long'"),
    ("F.smooth_l1_loss(c, c.int())", NotImplementedError,
     "\"smooth_l1_cpu\" not implemented for 'Long'"),
    ("F.huber_loss(c, c)", NotImplementedError, "\"huber_cpu\" not implemented for 'Long'"),
    ("F.huber_loss(c, c.float())", RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    ("F.binary_cross_entropy_with_logits(c.float(), c)", RuntimeError,
     "result type Float can't be cast to the desired output type Long"),
    ("F.binary_cross_entropy_with_logits(c, c.float())", NotImplementedError,
     "\"log_sigmoid_cpu\" not implemented for 'Long'"),
    *[(f"F.{name}(c)", NotImplementedError, f"\"{kernel}\" not implemented for 'Long'")
      for name, kernel in [
          ("gelu", "GeluKernelImpl"), ("silu", "silu_cpu"), ("mish", "mish_cpu"),
          ("celu", "elu_cpu"), ("elu", "elu_cpu"), ("leaky_relu", "leaky_relu_cpu"),
          ("softplus", "softplus_cpu"), ("hardsigmoid", "hardsigmoid_cpu"),
          ("hardswish", "hardswish_cpu")]],
    ("F.hardtanh(c.bool())", RuntimeError, "Bool inputs not supported for hardtanh"),
    ("F.threshold(c.bool(), 0, 1)", NotImplementedError,
     "\"threshold_cpu\" not implemented for 'Bool'"),
    ("F.layer_norm(x, (3,), torch.ones(3).double())", RuntimeError,
     "mixed dtype (CPU): expect parameter to have scalar type of Float"),
    ("F.batch_norm(x.double(), torch.zeros(3), torch.ones(3))", RuntimeError,
     "mixed dtype (CPU): all inputs must share same datatype."),
    ("F.batch_norm(x.long(), None, None, training=True)", NotImplementedError,
     "\"batch_norm\" not implemented for 'Long'"),
    ("F.mse_loss(x, x, weight=w)", ValueError, "Weights and input must have the same size."),
    ("F.l1_loss(x, x, weight=x, reduction='foo')", ValueError,
     "Invalid reduction mode: foo. Expected one of 'none', 'mean', 'sum'."),
    ("F.smooth_l1_loss(x, x, beta=-1.0)", RuntimeError,
     "smooth_l1_loss does not support negative values for beta."),
    ("F.huber_loss(x, x, delta=0.0)", RuntimeError,
     "huber_loss does not support non-positive values for delta."),
    ("torch.nn.HuberLoss(delta='a')", TypeError,
     "delta must be a float or int, got: <class 'str'>"),
    ("F.binary_cross_entropy(x, x[:1])", ValueError,
     "Using a target size (torch.Size([1, 3])) that is different to the input size "
     "(torch.Size([4, 3])) is deprecated. Please ensure they have the same size."),
    ("F.binary_cross_entropy(x * 2, x)", RuntimeError,
     "all elements of input should be between 0 and 1"),
    ("F.binary_cross_entropy(x, x.double())", RuntimeError,
     "Found dtype Double but expected Float"),
    ("F.binary_cross_entropy(x, x, w)", RuntimeError,
     "Attempting to broadcast a dimension of length 2 at -1! Mismatching argument at index 1 had "
     "torch.Size([2]); but expected shape should be broadcastable to [4, 3]"),
    ("F.binary_cross_entropy_with_logits(x, x[:1])", ValueError,
     "Target size (torch.Size([1, 3])) must be the same as input size (torch.Size([4, 3]))"),
    ("F.layer_norm(x, (4,))", RuntimeError,
     "Given normalized_shape=[4], expected input with shape [*, 4], but got input of size[4, 3]"),
    ("F.layer_norm(x, [])", RuntimeError,
     "Expected normalized_shape to be at least 1-dimensional, i.e., containing at least one "
     "element, but got normalized_shape = []"),
    ("F.layer_norm(x, (3,), w)", RuntimeError,
     "Expected weight to be of same shape as normalized_shape, but got weight of shape [2] and "
     "normalized_shape = [3]"),
    ("F.layer_norm(x, 3)", TypeError,
     "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not int"),
    ("F.batch_norm(x[:1], None, None, training=True)", ValueError,
     "Expected more than 1 value per channel when training, got input size torch.Size([1, 3])"),
    ("F.batch_norm(x, None, None)", RuntimeError,
     "running_mean must be defined in evaluation mode"),
    ("F.batch_norm(x, w, w)", RuntimeError, "running_mean should contain 3 elements not 2"),
    ("F.batch_norm(x, None, None, w, training=True)", RuntimeError,
     "weight should contain 3 elements not 2"),
    ("F.batch_norm(x, None, None, training=True, eps=0.0)", ValueError,
     "batch_norm eps must be positive during training, but got 0.0"),
    ("F.batch_norm(x, None, None, training=True, momentum=None)", TypeError,
     "batch_norm(): argument 'momentum' (position 7) must be float, not NoneType"),
    ("torch.nn.BatchNorm1d(3)(torch.ones(2, 3, 4, 4))", ValueError,
     "expected 2D or 3D input (got 4D input)"),
    ("F.embedding(torch.tensor([5]), x)", IndexError, "index out of range in self"),
    ("F.embedding(torch.tensor([5]), x, max_norm=1.0)", IndexError,
     "select(): index 5 out of range for tensor of size [4, 3] at dimension 0"),
    ("F.embedding(torch.tensor([1.0]), x)", RuntimeError,
     "Expected tensor for argument #1 'indices' to have one of the following scalar types: Long, "
     "Int; but got torch.FloatTensor instead (while checking arguments for embedding)"),
    ("F.embedding(c, x[0])", RuntimeError, "'weight' must be 2-D"),
    ("F.embedding(c, x, 4)", AssertionError, "Padding_idx must be within num_embeddings"),
    ("torch.nn.Embedding(3, 2, padding_idx=-4)", AssertionError,
     "Padding_idx must be within num_embeddings"),
    ("torch.nn.Embedding(3, 2, _weight=torch.ones(2, 2))", AssertionError,
     "Shape of weight does not match num_embeddings and embedding_dim"),
    ("torch.nn.Embedding.from_pretrained(w)", AssertionError,
     "Embeddings parameter is expected to be 2-dimensional"),
    ("F.one_hot(torch.tensor([-1]))", RuntimeError, "Class values must be non-negative."),
    ("F.one_hot(c, 2)", RuntimeError, "Class values must be smaller than num_classes."),
    ("F.one_hot(x)", RuntimeError,
     "one_hot is only applicable to index tensor of type LongTensor."),
    ("F.one_hot(c[:0])", RuntimeError,
     "Can not infer total number of classes from empty tensor."),
    ("F.softmax(x, 3)", IndexError,
     "Dimension out of range (expected to be in range of [-2, 1], but got 3)"),
    ("F.hardtanh(x, 1, -1)", ValueError, "min_val cannot be greater than max_val"),
    ("torch.nn.Hardtanh(1, -1)", AssertionError, "max_val (-1) must be greater than min_val (1)"),
    ("F.prelu(x, w)", RuntimeError,
     "Mismatch of parameter numbers and input channel size. Found parameter numbers = 2 and "
     "channel size = 3."),
    ("F.prelu(x, torch.ones(3, 1))", RuntimeError,
     "prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = 2"),
    ("F.prelu(x, torch.ones(3).double())", RuntimeError,
     "prelu: Type promoting not supported. Got Float and Double"),
    ("F.gelu(x, approximate='foo')", RuntimeError,
     "approximate argument must be either none or tanh."),
    ("F.celu(x, 0.0)", RuntimeError, "ZeroDivisionError: alpha cannot be 0 for CELU"),
    ("F.dropout(x, 1.5)", ValueError,
     "dropout probability has to be between 0 and 1, but got 1.5"),
    ("torch.nn.Dropout(-1)", ValueError,
     "dropout probability has to be between 0 and 1, but got -1"),
    ("torch.nn.Unflatten(1, (2, 'a'))", TypeError,
     "unflattened_size must be tuple of ints, but found element of type str at pos 1"),
    ("torch.nn.Unflatten(1, 'a')", TypeError,
     "unflattened_size must be a tuple of ints, but found type str"),
    ("F.linear(x, torch.ones(2, 2))", RuntimeError,
     "mat1 and mat2 shapes cannot be multiplied (4x3 and 2x2)"),
    ("F.cosine_similarity(x.long(), x.long())", RuntimeError,
     "expected common dtype to be floating point, yet common dtype is Long"),
    ("F.relu(torch.nn.Parameter(x), inplace=True)", RuntimeError,
     "a leaf Variable that requires grad is being used in an in-place operation."),
    ("F.silu(torch.nn.Parameter(x), inplace=True)", RuntimeError,
     "a leaf Variable that requires grad is being used in an in-place operation."),
]


@pytest.mark.parametrize(("code", "error", "text"), MISTAKES, ids=[case[0] for case in MISTAKES])
def test_mistakes(torch: ModuleType, code: str, error: type[Exception], text: str) -> None:
    """Every mistake raises PyTorch's class and text."""
    assert_mistake(torch, SETUP + code, error, text)


@pytest.mark.parametrize("name", ["mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"])
def test_sizes_that_broadcast(torch: ModuleType, name: str) -> None:
    """Losses broadcast, with a warning."""
    with pytest.warns(UserWarning, match="Using a target size .torch.Size..1, 3... that is diff"):
        loss = getattr(torch.nn.functional, name)(torch.ones(4, 3), torch.zeros(1, 3))

    assert loss.dim() == 0


@pytest.mark.parametrize(("shape", "dim"), [((2,), 0), ((2, 2), 1), ((2, 2, 2), 0)])
def test_implicit_dimension(torch: ModuleType, shape: tuple, dim: int) -> None:
    """Softmax without a dimension guesses one, with a warning."""
    x = torch.randn(*shape)
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        out = torch.nn.functional.softmax(x)

    assert torch.equal(out, torch.nn.functional.softmax(x, dim))
