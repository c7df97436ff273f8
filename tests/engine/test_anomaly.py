"""``detect_anomaly``: NaNs are reported, with the line that recorded the operation."""

import threading

import pytest

ENABLED = "ignore:Anomaly Detection has been enabled"

pytestmark = pytest.mark.filterwarnings(ENABLED)


def leaf(torch):
    """A leaf whose first element gives an infinite slope under a root."""
    return torch.tensor([0.0, 1.0], requires_grad=True)


def test_nan_is_reported(torch):
    """A NaN out of a formula raises, naming node and output."""
    with (torch.autograd.detect_anomaly(), pytest.warns(UserWarning),
          pytest.raises(RuntimeError, match=r"^Function 'SqrtBackward0' returned nan values in its "
                                            r"0th output\.")):
        (leaf(torch).sqrt() * 0).sum().backward()


def test_forward_line_is_shown(torch):
    """The warning shows where the operation was recorded."""
    with torch.autograd.detect_anomaly(), pytest.warns(UserWarning) as caught:
        suspicious = leaf(torch).sqrt()
        with pytest.raises(RuntimeError):
            (suspicious * 0).sum().backward()
    text = str(caught[-1].message)

    assert text.startswith("Error detected in SqrtBackward0. Traceback of forward call that caused "
                           "the error:\n  File ")
    assert "suspicious = leaf(torch).sqrt()" in text


def test_line_of_the_first_derivative_is_shown_too(torch):
    """A NaN in the second sweep shows the forward line that induced the first formula."""
    with torch.autograd.detect_anomaly(), pytest.warns(UserWarning) as caught:
        x = leaf(torch)
        powers = x**1.5
        (g,) = torch.autograd.grad(powers.sum(), x, create_graph=True)
        with pytest.raises(RuntimeError, match="PowBackward0|MulBackward0"):
            torch.autograd.grad((g * 0).sum(), x)
    induced = [str(w.message) for w in caught if "induced" in str(w.message)]

    assert len(induced) == 1 and "powers = x**1.5" in induced[0]
    assert induced[0].startswith("\n\nPrevious calculation was induced by PowBackward0. Traceback "
                                 "of forward call that induced the previous calculation:\n  File ")


def test_changed_value_points_to_the_forward_line(torch):
    """With anomaly detection the version error shows the line instead of the hint."""
    with torch.autograd.set_detect_anomaly(True), pytest.warns(UserWarning) as caught:
        y = leaf(torch).exp()
        y.add_(1)
        with pytest.raises(RuntimeError) as raised:
            y.sum().backward()

    assert "y = leaf(torch).exp()" in str(caught[-1].message)
    assert ("Hint: the backtrace further above shows the operation that failed to compute its "
            "gradient. The variable in question was changed in there or anywhere later. Good luck!"
            ) in str(raised.value)


def test_values_may_be_left_unchecked(torch):
    """With check_nan=False only the traces are kept."""
    x = leaf(torch)
    with torch.autograd.set_detect_anomaly(True, check_nan=False):
        (x.sqrt() * 0).sum().backward()

    assert str(x.grad.tolist()) == "[nan, 0.0]"


def test_without_detection_nan_passes(torch):
    """A sweep outside does not look at values."""
    x = leaf(torch)
    (x.sqrt() * 0).sum().backward()

    assert str(x.grad.tolist()) == "[nan, 0.0]"


def test_mode_ends_with_its_block(torch):
    """The mode is restored, also after an error."""
    with pytest.raises(KeyError), torch.autograd.detect_anomaly():
        raise KeyError

    assert not torch.is_anomaly_enabled()


@pytest.mark.filterwarnings("default:Anomaly Detection has been enabled")
def test_entering_warns(torch):
    """The block says that it costs time."""
    with pytest.warns(UserWarning) as caught, torch.autograd.detect_anomaly():
        assert torch.is_anomaly_enabled()

    assert str(caught[0].message) == (
        "Anomaly Detection has been enabled. This mode will increase the runtime and should only "
        "be enabled for debugging.")


def test_other_threads_are_in_anomaly_mode_too(torch):
    """Anomaly mode is of the process: a sweep in another thread looks for NaN as well."""
    seen = []
    with pytest.warns(UserWarning, match="Anomaly Detection"), torch.autograd.detect_anomaly():
        thread = threading.Thread(target=lambda: seen.append(torch.is_anomaly_enabled()))
        thread.start()
        thread.join()

    assert seen == [True]
    assert not torch.is_anomaly_enabled()
