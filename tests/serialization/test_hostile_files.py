"""Whatever a file says, loading runs nothing, leaves no memory, and ends."""

import io
import os
import pickle
import struct
import subprocess
import sys
import zipfile
from types import ModuleType

import numpy as np
import pytest
from archives import loaded, pickled_as, rebuilt, saved

LARGE = 10**11
BOMB = b"\x80\x02" + b"]q\x00" + b"]q\x01" * 3


class Calls:
    """Pickled, asks for a call."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple:
        return self.function, self.arguments


def deep(opener: bytes, closer: bytes, depth: int = 50_000) -> bytes:
    return b"\x80\x02" + opener * depth + b"N" + closer * depth


def doubling(depth: int) -> bytes:
    """Give a pickle of a tuple that holds the one before twice, ``depth`` times."""
    step = b"q\x00h\x00\x86"
    return b"K\x01" + step * depth


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def called(name: str, *arguments: bytes) -> bytes:
    module, _, function = name.rpartition(".")
    return b"\x80\x02c" + f"{module}\n{function}\n".encode() + b"(" + b"".join(arguments) + b"tR."


REFUSED = {
    "os.system": pickle.dumps(Calls(os.system, "touch ran"), 2),
    "eval": pickle.dumps(Calls(eval, "open('ran', 'w')"), 2),
    "exec through globals": called("builtins.exec", text("open('ran', 'w')")),
    "getattr": called("builtins.getattr", text("a"), text("join")),
    "import": called("importlib.import_module", text("os")),
    "a call of text": b"\x80\x02" + text("print") + b"(tR.",
    "a call of what a call gave": b"\x80\x02ccollections\nOrderedDict\n)R)R.",
    "a call of a dtype": called("torch.float32"),
    "a call of a storage class": called("torch.FloatStorage", b"K\x05"),
    "a call of a memo entry": b"\x80\x02" + text("x") + b"q\x05h\x05)R.",
    "building a dict": b"\x80\x02}}b.",
    "building a list": b"\x80\x02]}b.",
    "building a class": b"\x80\x02ctorch\nTensor\n}b.",
    "new object of a function": b"\x80\x02c_codecs\nencode\n)\x81.",
    "new object of text": b"\x80\x02" + text("x") + b")\x81.",
    "building a tensor of lists": b"\x80\x02ctorch\nTensor\n)R(]K\x00))tb.",
    "dunder slots": b"\x80\x02ctorch._tensor\n_rebuild_from_type_v2\n(ccollections\nOrderedDict\n"
                    b"ctorch\nTensor\n)}tR.",
    "rebuilding by another call": called("torch._tensor._rebuild_from_type_v2",
                                         b"cbuiltins\ncomplex\n", b"ctorch\nTensor\n", b")", b"}"),
    "a persistent id of text": b"\x80\x02" + text("storage") + b"Q.",
    "a persistent id of a module": b"\x80\x02(" + text("module") + b"ctorch\nTensor\nNNtQ.",
    "a short persistent id": b"\x80\x02" + text("storage") + b"\x85Q.",
    "a storage of text": b"\x80\x02(" + text("storage") * 4 + b"K\x01tQ.",
    "a negative number of elements": rebuilt(0, (1,), (1,), -1),
    "a huge bytearray": called("builtins.bytearray", b"\x8a\x05" + LARGE.to_bytes(5, "little")),
    "a huge tensor": called("torch.Tensor", b"\x8a\x05" + LARGE.to_bytes(5, "little")),
    "a codec that is a program": called("_codecs.encode", text("x"), text("zlib")),
    "an append to a dict": b"\x80\x02}K\x01a.",
    "an extend of a tuple": b"\x80\x02)(K\x01e.",
    "items of a list": b"\x80\x02]K\x01K\x01s.",
    "half an item": b"\x80\x02}(K\x01u.",
    "a list as key": b"\x80\x02}]K\x01s.",
    "a missing memo entry": b"\x80\x02h\x63.",
    "an empty stack": b"\x80\x02.",
    "tuples of nothing": b"\x80\x02\x87.",
    "a mark that is not there": b"\x80\x02t.",
    "text that is none": b"\x80\x02X\x01\0\0\0\xff.",
    "a name without end": b"\x80\x02c" + b"a" * 50_000,
    "an opcode of protocol 4": b"\x80\x02\x8c\x01a.",
    "a deep key": deep(b"", b"\x85").replace(b"\x80\x02", b"\x80\x02}", 1) + b"K\x01s.",
    "a doubling key": b"\x80\x02}" + doubling(60) + b"K\x01s.",
    "a doubling element of a set": b"\x80\x02c__builtin__\nset\n]" + doubling(60) + b"a\x85R.",
    "a doubling key of an OrderedDict": b"\x80\x02ccollections\nOrderedDict\n]" + doubling(60)
                                        + b"K\x01\x86a\x85R.",
    "a doubling key of a Counter": b"\x80\x02ccollections\nCounter\n]" + doubling(60) + b"a\x85R.",
}  # fmt: skip


@pytest.mark.parametrize("pickled", REFUSED.values(), ids=REFUSED)
def test_refused_pickles(
    tapegrad: ModuleType, pickled: bytes, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls, builds, ids and keys that nobody needs are refused, in either format."""
    monkeypatch.chdir(tmp_path)

    with pytest.raises(pickle.UnpicklingError, match="^Weights only load failed"):
        loaded(tapegrad, pickled_as(pickled))
    with pytest.raises(pickle.UnpicklingError, match="^Weights only load failed"):
        loaded(tapegrad, legacy_head() + pickled)
    assert os.listdir(tmp_path) == []


def legacy_head() -> bytes:
    return b"".join(pickle.dumps(one, 2) for one in (0x1950A86A20F9469CFC6C, 1001, {}))


@pytest.mark.parametrize("name", ["os.system", "eval", "building a dict",
                                  "an append to a dict", "an opcode of protocol 4"])
def test_refusals_have_the_text_of_pytorch(
    tapegrad: ModuleType, reference: ModuleType, name: str
) -> None:
    """PyTorch's text comes first; what follows names the file."""
    texts = []
    for library in (reference, tapegrad):
        with pytest.raises(pickle.UnpicklingError) as caught:
            loaded(library, pickled_as(REFUSED[name]))
        texts.append(str(caught.value))

    assert texts[1] == f"{texts[0]} (a BytesIO)"


@pytest.mark.parametrize(("offset", "size", "stride"), [
    (0, (5,), (1,)), (4, (1,), (1,)), (-1, (1,), (1,)), (0, (2,), (4,)), (0, (2, 2), (3, 1)),
    (0, (-1,), (1,)), (0, (2,), (-1,)), (0, (2,), ()), (0, (2**62, 4), (0, 0)),
    (0, (2**40, 2**40), (0, 0)), (0, (2**33, 2**33), (2**33, 1)), (2**63 - 1, (1,), (1,)),
    (2**62, (2,), (1,)), (0, (1,) * 100, (1,) * 100), (0, (2,), (2**63 - 1,)),
    (-(2**63), (0,), (1,)),
    (0, (2**64,), (1,)), (0, (0, 2**64), (1, 1)),
])  # fmt: skip
def test_geometries_outside_the_storage(
    tapegrad: ModuleType, offset: int, size: tuple, stride: tuple
) -> None:
    """No sizes, strides and offsets lead out of the bytes that the file has."""
    data = pickled_as(rebuilt(offset, size, stride, 4), np.arange(4, dtype="f4").tobytes())

    with pytest.raises((RuntimeError, pickle.UnpicklingError)):
        loaded(tapegrad, data)


def test_geometries_inside_the_storage(tapegrad: ModuleType) -> None:
    """The last element, an element many times and no element are inside."""
    storage = np.arange(4, dtype="f4").tobytes()

    assert loaded(tapegrad, pickled_as(rebuilt(3, (1,), (1,), 4), storage)).tolist() == [3]
    assert loaded(tapegrad, pickled_as(rebuilt(1, (2, 2), (0, 2), 4), storage)).tolist() == [
        [1, 3], [1, 3]]
    assert loaded(tapegrad, pickled_as(rebuilt(0, (0, 3), (3, 1), 4), storage)).shape == (0, 3)


@pytest.mark.parametrize("count", [3, 5, 0, LARGE, 2**60])
def test_storages_of_another_size(tapegrad: ModuleType, count: int) -> None:
    """The pickle's number of elements must be the entry's, whatever the tensor needs."""
    data = pickled_as(rebuilt(0, (1,), (1,), count), np.arange(4, dtype="f4").tobytes())

    with pytest.raises(RuntimeError, match=r"record size \(16 bytes\) does not match.*data/0 of"):
        loaded(tapegrad, data)


def archive(entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as writer:
        for name, content in entries:
            writer.writestr(name, content)
    return stream.getvalue()


PLAIN = b"\x80\x02K\x01."
VERSION = ("archive/version", b"3\n")


def test_names_are_never_paths(tapegrad: ModuleType, tmp_path: object) -> None:
    """Entries above the folder are nothing but names; nothing is extracted."""
    odd = [(f"archive/{name}", b"x") for name in ("../../up", "/etc/x", "a\\b", "..")]
    data = archive([("archive/data.pkl", PLAIN), VERSION, *odd])

    assert loaded(tapegrad, data) == 1


def test_two_entries_of_one_name(tapegrad: ModuleType) -> None:
    """It is not left open which entry counts."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = archive([("archive/data.pkl", PLAIN), VERSION, ("archive/data.pkl", PLAIN)])

    with pytest.raises(RuntimeError, match=r"data\.pkl: the archive has two entries"):
        loaded(tapegrad, data)


def test_compressed_entries(tapegrad: ModuleType) -> None:
    """PyTorch compresses nothing, and a bomb must be compressed: entries that are, are refused."""
    data = archive([("archive/data.pkl", PLAIN), VERSION], zipfile.ZIP_DEFLATED)
    bomb = archive([("archive/data.pkl", b"\0" * 10**7), VERSION], zipfile.ZIP_DEFLATED)

    with pytest.raises(RuntimeError, match="the entry is compressed"):
        loaded(tapegrad, data)
    with pytest.raises(RuntimeError, match="claim to be larger than a BytesIO itself"):
        loaded(tapegrad, bomb)


def test_entries_over_each_other(tapegrad: ModuleType) -> None:
    """Entries that share bytes would be a bomb without compression: their sum is bounded."""
    content = b"\0" * 10_000
    data = bytearray(archive([VERSION, ("archive/data.pkl", content),
                              *((f"archive/{n:04}", b"") for n in range(50))]))
    start = data.index(b"PK\3\4", 4)
    central = data.index(b"PK\1\2")
    big = data[data.index(b"PK\1\2", central + 4):][:46]
    at = data.index(b"PK\1\2", central + 4)
    while (at := data.find(b"PK\1\2", at + 4)) >= 0:
        data[at + 16 : at + 28] = big[16:28]
        data[at + 42 : at + 46] = struct.pack("<I", start)

    with pytest.raises(RuntimeError, match="claim to be larger"):
        loaded(tapegrad, bytes(data))


def test_a_legacy_storage_larger_than_the_file(tapegrad: ModuleType) -> None:
    """The old format names sizes before the bytes come; none is believed."""
    for count in (LARGE, 2**61):
        head = legacy_head() + rebuilt(0, (1,), (1,), count).replace(b"tQ", b"NtQ")

        with pytest.raises(RuntimeError, match="unexpected EOF, expected .* more bytes"):
            loaded(tapegrad, head + b"\x80\x02]X\x01\0\0\x000a." + b"\0" * 100)


def test_legacy_storages_that_never_come(tapegrad: ModuleType) -> None:
    """A storage without bytes would be whatever memory held before: it is refused."""
    head = legacy_head() + rebuilt(0, (1,), (1,), 1).replace(b"tQ", b"NtQ")

    with pytest.raises(RuntimeError, match="are not those that its pickle names"):
        loaded(tapegrad, head + b"\x80\x02]." + b"\0" * 100)


def test_deep_values_load(tapegrad: ModuleType) -> None:
    """Nesting alone is no fault, and takes no stack."""
    nested = loaded(tapegrad, pickled_as(deep(b"", b"\x85") + b"."))
    depth = 0
    while nested is not None:
        (nested,), depth = nested, depth + 1

    assert depth == 50_000


MEASURED = """
import io, resource, sys
import tapegrad
from tapegrad import serialization

limit = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
for line in sys.stdin:
    data = bytes.fromhex(line)
    try:
        tapegrad.load(io.BytesIO(data))
    except Exception:
        pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - limit) >> 20)
"""


def test_nothing_is_allocated_on_a_files_word(tapegrad: ModuleType) -> None:
    """All hostile files together cost no more memory than the largest of them justifies."""
    files = [pickled_as(one) for one in REFUSED.values()]
    files += [pickled_as(rebuilt(0, (LARGE,), (1,), LARGE)),
              legacy_head() + b"\x80\x02X\xff\xff\xff\xfe",
              pickled_as(b"\x80\x02X\xff\xff\xff\xfe"), pickled_as(b"\x80\x02T\xff\xff\xff\x7f")]
    done = subprocess.run([sys.executable, "-c", MEASURED], capture_output=True, text=True,
                          input="\n".join(file.hex() for file in files), check=True)

    assert int(done.stdout) < 100


def test_pickle_load_args_and_modules(tapegrad: ModuleType) -> None:
    """Restricted loading and a pickle module of the user's own exclude each other."""
    data = saved(tapegrad, 1)

    with pytest.raises(RuntimeError, match="Can not safely load weights when explicit"):
        loaded(tapegrad, data, weights_only=True, pickle_module=pickle)
    with pytest.warns(UserWarning, match="pickle_load_args only works"):
        assert loaded(tapegrad, data, encoding="latin1") == 1


def test_entries_far_outside(tapegrad: ModuleType) -> None:
    """An offset in the archive's index that no file has is refused as such."""
    data = bytearray(archive([("archive/data.pkl", PLAIN), VERSION]))
    at = data.index(b"PK\1\2")
    extra = struct.pack("<HHQ", 1, 8, 2**63 + 5)
    data[at + 30 : at + 32] = struct.pack("<H", len(extra))
    data[at + 42 : at + 46] = b"\xff" * 4
    name_ends = at + 46 + len("archive/data.pkl")
    data[name_ends:name_ends] = extra
    end = data.index(b"PK\5\6")
    (size,) = struct.unpack("<I", data[end + 12 : end + 16])
    data[end + 12 : end + 16] = struct.pack("<I", size + len(extra))

    with pytest.raises(RuntimeError, match=r"data\.pkl: there is no entry where the archive says"):
        loaded(tapegrad, bytes(data))
