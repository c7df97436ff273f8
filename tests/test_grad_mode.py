"""The switches for recording: what they change, for how long, and for whom."""

import contextlib
import threading
import warnings
import weakref

import pytest

import tapegrad as torch


@pytest.fixture(autouse=True)
def recording_is_on_before_and_after():
    """Each test starts with recording on and must leave it on."""
    assert torch.is_grad_enabled()
    assert not torch.is_inference_mode_enabled()
    yield
    is_left_on = torch.is_grad_enabled() and not torch.is_inference_mode_enabled()
    torch.set_grad_enabled(True)

    assert is_left_on


def leaf():
    return torch.ones(2, requires_grad=True)


def is_recorded():
    return (leaf() * 2).requires_grad


MODES = [
    (torch.no_grad, False),
    (torch.enable_grad, True),
    (lambda: torch.set_grad_enabled(False), False),
    (lambda: torch.set_grad_enabled(True), True),
    (torch.inference_mode, False),
    (lambda: torch.inference_mode(True), False),
]
NAMES = ["no_grad", "enable_grad", "set_off", "set_on", "inference", "inference_true"]
every_mode = pytest.mark.parametrize(("mode", "records"), MODES, ids=NAMES)


@every_mode
class TestEveryMode:
    def test_holds_inside_the_block(self, mode, records):
        """A block records or not, as its mode says."""
        with mode():
            inside, recorded = torch.is_grad_enabled(), is_recorded()

        assert (inside, recorded) == (records, records)

    @pytest.mark.parametrize("outer", [True, False])
    def test_restores_what_was_before(self, mode, records, outer):
        """Leaving a block gives back the mode around it."""
        torch.set_grad_enabled(outer)
        with mode():
            pass
        after = torch.is_grad_enabled()
        torch.set_grad_enabled(True)

        assert after is outer

    def test_restores_after_an_exception(self, mode, records):
        """An exception passes through and the mode ends all the same."""
        with pytest.raises(KeyError), mode():
            raise KeyError

        assert torch.is_grad_enabled()

    def test_gives_nothing_to_as(self, mode, records):
        """``with mode() as x`` binds None, as in PyTorch."""
        with mode() as bound:
            pass

        assert bound is None

    def test_decorates_a_function(self, mode, records):
        """A decorated function keeps its name and result, and runs in the mode every time."""

        @mode()
        def named(a, *, b):
            """Documented."""
            return a + b, torch.is_grad_enabled()

        assert (named.__name__, named.__doc__) == ("named", "Documented.")
        assert [named(1, b=2), named(2, b=2)] == [(3, records), (4, records)]

    def test_decorated_function_may_recurse(self, mode, records):
        """Nested calls end in the mode of the outermost caller."""

        @mode()
        def depth(n):
            inner = depth(n - 1) if n else []
            return [*inner, torch.is_grad_enabled()]

        assert depth(3) == [records] * 4

    def test_decorates_a_method(self, mode, records):
        """A decorated method is bound as any other."""

        class Model:
            @mode()
            def forward(self):
                return self, torch.is_grad_enabled()

        model = Model()

        assert model.forward() == (model, records)

    def test_holds_in_a_generator_only_while_it_runs(self, mode, records):
        """Between two items the caller has its own mode."""

        @mode()
        def items():
            yield torch.is_grad_enabled()
            yield torch.is_grad_enabled()

        seen = [(inside, torch.is_grad_enabled()) for inside in items()]

        assert seen == [(records, True)] * 2

    def test_coroutine_body_runs_outside(self, mode, records):
        """As in PyTorch, only the making of a coroutine is in the mode."""

        @mode()
        async def work():
            return torch.is_grad_enabled()

        with pytest.raises(StopIteration) as stop:
            work().send(None)

        assert stop.value.value is True

    def test_class_decoration_is_deprecated(self, mode, records):
        """Decorating a class warns and then wraps its construction."""

        class Model:
            def __init__(self, name):
                self.name, self.recorded = name, torch.is_grad_enabled()

        with pytest.warns(FutureWarning, match="Decorating classes is deprecated and will be"):
            make = mode()(Model)
        model = make("a")

        assert isinstance(model, Model)
        assert (model.name, model.recorded) == ("a", records)


class TestGenerators:
    def test_send_arrives(self):
        """What the caller sends is what ``yield`` gives inside, and inside is in the mode."""

        @torch.no_grad()
        def echo():
            received = None
            while True:
                received = yield received, torch.is_grad_enabled()

        generator = echo()

        assert next(generator) == (None, False)
        assert generator.send("a") == ("a", False)
        assert torch.is_grad_enabled()

    def test_throw_arrives(self):
        """A thrown exception can be caught inside, in the mode."""
        seen = []

        @torch.no_grad()
        def survivor():
            try:
                yield 1
            except ValueError as error:
                seen.append((str(error), torch.is_grad_enabled()))
            yield 2

        generator = survivor()
        next(generator)

        assert generator.throw(ValueError("x")) == 2
        assert seen == [("x", False)]
        assert torch.is_grad_enabled()

    def test_uncaught_throw_comes_back(self):
        """An exception that the generator does not catch is the caller's again."""

        @torch.no_grad()
        def fragile():
            yield 1

        generator, error = fragile(), ValueError("x")
        next(generator)
        with pytest.raises(ValueError, match=r"^x$") as caught:
            generator.throw(error)

        assert caught.value is error
        assert torch.is_grad_enabled()

    def test_close_runs_finally_in_the_mode(self):
        """Cleaning up belongs to the generator's body."""
        seen = []

        @torch.no_grad()
        def careful():
            try:
                yield 1
            finally:
                seen.append(torch.is_grad_enabled())

        generator = careful()
        next(generator)
        generator.close()

        assert seen == [False]
        assert torch.is_grad_enabled()

    def test_return_value_arrives(self):
        """``yield from`` a decorated generator has its return value."""

        @torch.no_grad()
        def inner():
            yield 1
            return "done"

        def outer():
            result = yield from inner()
            yield result

        assert list(outer()) == [1, "done"]

    def test_caller_may_change_its_mode_between_items(self):
        """The generator neither sees nor undoes what its caller does."""

        @torch.enable_grad()
        def items():
            yield torch.is_grad_enabled()
            yield torch.is_grad_enabled()

        generator = items()
        first = next(generator)
        with torch.no_grad():
            second = next(generator)
            around = torch.is_grad_enabled()

        assert (first, second, around) == (True, True, False)

    def test_generator_is_not_started_by_calling_it(self):
        """Nothing runs before the first item is asked for."""
        started = []

        @torch.no_grad()
        def items():
            started.append(True)
            yield 1

        items()

        assert started == []


class TestWithoutParentheses:
    @pytest.mark.parametrize(
        ("mode", "records"),
        [(torch.no_grad, False), (torch.enable_grad, True), (torch.inference_mode, False)],
    )
    def test_decorates(self, mode, records):
        """``@no_grad`` is ``@no_grad()``."""

        @mode
        def named():
            return torch.is_grad_enabled()

        assert named() is records
        assert named.__name__ == "named"
        assert torch.is_grad_enabled()

    def test_decorates_a_generator(self):
        """Generator functions too."""

        @torch.no_grad
        def items():
            yield torch.is_grad_enabled()

        assert list(items()) == [False]


class TestSetGradEnabled:
    def test_plain_call_is_immediate(self):
        """A call without ``with`` switches until the next one."""
        torch.set_grad_enabled(False)
        switched_off = torch.is_grad_enabled()
        torch.set_grad_enabled(True)

        assert switched_off is False
        assert torch.is_grad_enabled()

    def test_decorating_has_no_effect_outside(self):
        """The immediate switch is taken back when the object turns out to be a decorator."""

        @torch.set_grad_enabled(False)
        def named():
            return torch.is_grad_enabled()

        assert torch.is_grad_enabled()
        assert named() is False

    def test_prints_as_in_pytorch(self):
        """The text names the mode."""
        text = str(torch.set_grad_enabled(True))

        assert text == "torch.autograd.grad_mode.set_grad_enabled(mode=True)"

    @pytest.mark.parametrize(("wrong", "name"), [(0, "int"), ("off", "str"), (None, "NoneType")])
    def test_takes_only_a_bool(self, wrong, name):
        """Anything else is refused with PyTorch's text and changes nothing."""
        text = rf"set_grad_enabled\(\): argument 'enabled' \(position 1\) must be bool, not {name}"
        with pytest.raises(TypeError, match=text):
            torch.set_grad_enabled(wrong)

        assert torch.is_grad_enabled()


class TestNesting:
    def test_innermost_mode_holds(self):
        """Each block sees its own mode, before and after the blocks inside it."""
        seen = []
        with torch.no_grad():
            seen.append(torch.is_grad_enabled())
            with torch.enable_grad():
                seen.append(torch.is_grad_enabled())
                with torch.set_grad_enabled(False):
                    seen.append(torch.is_grad_enabled())
                seen.append(torch.is_grad_enabled())
            seen.append(torch.is_grad_enabled())

        assert seen == [False, True, False, True, False]

    def test_one_object_can_be_entered_again(self):
        """An object is not used up by its first block."""
        mode = torch.no_grad()
        for _ in range(2):
            with mode:
                assert not torch.is_grad_enabled()
            assert torch.is_grad_enabled()

    def test_tensors_made_with_requires_grad_keep_it(self):
        """no_grad stops the recording of operations, not the making of leaves."""
        with torch.no_grad():
            x = leaf()

        assert x.requires_grad


class TestInferenceMode:
    def test_is_reported(self):
        """Both switches can be asked for."""
        with torch.inference_mode():
            inside = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

        assert inside == (True, False)

    def test_false_ends_it_for_the_block(self):
        """inference_mode(False) records again, and then all is as before."""
        with torch.inference_mode():
            with torch.inference_mode(False):
                inner = torch.is_inference_mode_enabled(), is_recorded()
            outer = torch.is_inference_mode_enabled(), torch.is_grad_enabled()

        assert inner == (False, True)
        assert outer == (True, False)

    def test_false_records_even_in_no_grad(self):
        """PyTorch's inference_mode(False) switches recording on."""
        with torch.no_grad():
            with torch.inference_mode(False):
                inner = torch.is_grad_enabled()
            outer = torch.is_grad_enabled()

        assert (inner, outer) == (True, False)

    def test_enable_grad_does_not_end_it(self):
        """Results stay unrecorded though grad mode is on."""
        with torch.inference_mode(), torch.enable_grad():
            state = torch.is_grad_enabled(), torch.is_inference_mode_enabled()
            recorded = is_recorded()

        assert state == (True, True)
        assert not recorded


def test_modes_are_local_to_a_thread():
    """A new thread records, whatever its maker does, and what it does stays there."""
    seen = []

    def work():
        seen.append((torch.is_grad_enabled(), torch.is_inference_mode_enabled()))
        torch.set_grad_enabled(False)

    with torch.inference_mode():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == [(True, False)]
    assert torch.is_grad_enabled()


def test_thrown_exception_is_not_kept_alive():
    """The frame of a decorated generator lets go of an exception once it is delivered."""

    class Marker:
        pass

    @torch.no_grad()
    def survivor():
        while True:
            with contextlib.suppress(ValueError):
                yield

    generator, error = survivor(), ValueError("x")
    error.marker = Marker()
    marker = weakref.ref(error.marker)
    next(generator)
    generator.throw(error)
    del error

    assert marker() is None


def test_decorating_a_function_does_not_warn():
    """Only classes do."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decorated = torch.no_grad()(is_recorded)

    assert decorated() is False
