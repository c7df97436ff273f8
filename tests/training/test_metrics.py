"""Measures against scikit-learn, on whatever hypothesis finds, in batches of any sizes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

sklearn = pytest.importorskip("sklearn.metrics", reason="needs the package scikit-learn")
N_CLASSES = 4
BATCHES = st.lists(st.integers(1, 7), min_size=1, max_size=5)
PER_CLASS = {
    "Precision": sklearn.precision_score,
    "Recall": sklearn.recall_score,
    "F1": sklearn.f1_score,
}


@st.composite
def batches(draw):
    """Scores without ties and classes, in batches."""
    sizes = draw(BATCHES)
    n = sum(sizes)
    order = arrays.arrays(np.int64, (n,), elements=st.integers(0, 10**6))
    scores = np.random.default_rng(draw(st.integers(0, 99))).permuted(
        np.tile(np.arange(N_CLASSES, dtype=np.float32), (n, 1)), axis=1)
    targets = draw(order) % N_CLASSES
    return scores, targets, np.cumsum(sizes)[:-1]


def feed(metric, torch, case):
    """Hand a metric its batches."""
    scores, targets, cuts = case
    for x, y in zip(np.split(scores, cuts), np.split(targets, cuts), strict=True):
        metric.update(torch.from_numpy(x), torch.from_numpy(y))
    return metric


@settings(max_examples=60, deadline=None)
@given(case=batches(), top_k=st.integers(1, N_CLASSES - 1))
def test_accuracy(tapegrad, case, top_k):
    """The share of samples whose class is among the best scores."""
    scores, targets, _ = case
    expected = sklearn.top_k_accuracy_score(targets, scores, k=top_k, labels=range(N_CLASSES))

    found = feed(tapegrad.training.Accuracy(top_k), tapegrad, case).compute()
    assert found == pytest.approx(expected, rel=1e-12)


@settings(max_examples=60, deadline=None)
@given(case=batches())
def test_confusion_matrix(tapegrad, case):
    """Counts of pairs of classes; what is on the diagonal is the accuracy."""
    scores, targets, _ = case
    metric = feed(tapegrad.training.ConfusionMatrix(N_CLASSES), tapegrad, case)
    expected = sklearn.confusion_matrix(targets, scores.argmax(1), labels=range(N_CLASSES))

    np.testing.assert_array_equal(metric.matrix, expected)
    assert metric.compute() == sklearn.accuracy_score(targets, scores.argmax(1))


@pytest.mark.parametrize("name", PER_CLASS)
@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@settings(max_examples=40, deadline=None)
@given(case=batches())
def test_measures_per_class(tapegrad, name, average, case):
    """Precision, recall and their harmonic mean, averaged in each way."""
    scores, targets, _ = case
    metric = feed(getattr(tapegrad.training, name)(N_CLASSES, average), tapegrad, case)
    expected = PER_CLASS[name](targets, scores.argmax(1), average=average, zero_division=0)
    each = PER_CLASS[name](targets, scores.argmax(1), average=None, zero_division=0,
                           labels=range(N_CLASSES))

    assert metric.compute() == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(metric.per_class(), each, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.tuples(st.floats(-1e6, 1e6), st.integers(1, 9)), min_size=1, max_size=9))
def test_mean_is_weighted(tapegrad, values):
    """A mean of means counts each by its samples."""
    mean = tapegrad.training.Mean()
    for value, n in values:
        mean.add(value, n)
    numbers, sizes = zip(*values, strict=True)

    expected = np.average(numbers, weights=sizes)
    assert mean.compute() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(case=batches())
@pytest.mark.parametrize("make", [
    lambda t: t.Accuracy(2), lambda t: t.F1(N_CLASSES), lambda t: t.ConfusionMatrix(N_CLASSES),
    lambda t: t.MeanOf(lambda x, y: x.mean()),
], ids=["Accuracy", "F1", "ConfusionMatrix", "MeanOf"])  # fmt: skip
def test_state_goes_on(tapegrad, make, case):
    """A state taken in the middle, loaded elsewhere, ends in the same number; reset forgets all."""
    scores, targets, cuts = case
    half = len(targets) // 2
    first = (scores[:half], targets[:half], cuts[cuts < half])
    rest = (scores[half:], targets[half:], cuts[cuts > half] - half)
    whole, other = make(tapegrad.training), make(tapegrad.training)
    if half:
        feed(whole, tapegrad, first)
    other.load_state_dict(whole.state_dict())
    ends = [feed(one, tapegrad, rest).compute() for one in (whole, other)]
    whole.reset()

    assert ends[0] == ends[1]
    assert np.isnan(whole.compute())


def test_function_of_batches(tapegrad, training):
    """The mean over all samples of a function that gives a batch's mean."""
    metric = training.MeanOf(tapegrad.nn.functional.l1_loss)
    metric.update(tapegrad.tensor([1.0, 3.0]), tapegrad.tensor([0.0, 0.0]))
    metric.update(tapegrad.tensor([8.0]), tapegrad.tensor([0.0]))

    assert metric.compute() == 4.0


def test_two_classes_by_one_score(tapegrad, training):
    """A lone score means the second class where it is positive; whole numbers are classes."""
    targets = tapegrad.tensor([1, 0, 1, 0])
    by_score, by_class = training.Accuracy(), training.ConfusionMatrix(2)
    by_score.update(tapegrad.tensor([2.0, -1.0, -3.0, 0.0]), targets)
    by_class.update(tapegrad.tensor([1, 0, 0, 0]), targets)

    assert by_score.compute() == by_class.compute() == 0.75


@pytest.mark.parametrize(("code", "text"), [
    ("t.Accuracy(0)", "top_k must be at least 1"),
    ("t.Accuracy(3).update(torch.rand(2, 2), torch.tensor([0, 1]))", "at least 3 classes"),
    ("t.Accuracy().update(torch.rand(2, 2), torch.tensor([0]))", r"not \(2, 2\) and \(1,\)"),
    ("t.Accuracy().update(torch.rand(2, 2, 2), torch.tensor([0, 1]))", "are needed"),
    ("t.ConfusionMatrix(1)", "two classes or more"),
    ("t.ConfusionMatrix(2).update(torch.tensor([0, 2]), torch.tensor([0, 1]))", "from 0 to 1"),
    ("t.ConfusionMatrix(2).update(torch.tensor([0, 1]), torch.tensor([0, -1]))", "from 0 to 1"),
    ("t.F1(2, average='best')", "average must be"),
])
def test_refusals(tapegrad, training, code, text):
    """Shapes and classes that do not fit are named."""
    with pytest.raises(ValueError, match=text):
        eval(code, {"t": training, "torch": tapegrad})
