"""Files for the tests: saved in memory, changed, or made by hand."""

import io
import zipfile
from types import ModuleType
from typing import Any


def saved(torch: ModuleType, value: Any, **options: Any) -> bytes:
    """Give the bytes that a library writes."""
    stream = io.BytesIO()
    torch.save(value, stream, **options)
    return stream.getvalue()


def loaded(torch: ModuleType, data: bytes, **options: Any) -> Any:
    """Give what a library reads from bytes."""
    return torch.load(io.BytesIO(data), **options)


def records(data: bytes) -> dict[str, bytes]:
    """Give the entries of an archive, without the fingerprint of the writer."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()
                if not name.endswith("serialization_id")}


def with_records(data: bytes, **changes: bytes | None) -> bytes:
    """Give an archive with some entries replaced or, for None, left out: ``data_pkl=...``."""
    stream = io.BytesIO()
    new = {name.replace("_", ".") if name == "data_pkl" else name.replace("__", "/"): value
           for name, value in changes.items()}
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in records(data).items():
            content = new.get(name.partition("/")[2], content)
            if content is not None:
                archive.writestr(name, content)
    return stream.getvalue()


def pickled_as(pickle: bytes, storage: bytes = b"") -> bytes:
    """Give an archive with this pickle, and with one storage, whose key is 0."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in (("data.pkl", pickle), ("byteorder", b"little"),
                              ("data/0", storage), ("version", b"3\n")):
            archive.writestr(f"archive/{name}", content)
    return stream.getvalue()


def rebuilt(offset: int, size: tuple, stride: tuple, count: int, kind: str = "Float") -> bytes:
    """Give the pickle of a tensor over storage 0, with a geometry that nobody has checked."""
    def number(n: int) -> bytes:
        return b"\x8a\x09" + n.to_bytes(9, "little", signed=True)

    def numbers(values: tuple) -> bytes:
        return b"(" + b"".join(map(number, values)) + b"t"

    storage = (b"(X\x07\0\0\0storagectorch\n" + f"{kind}Storage\n".encode()
               + b"X\x01\0\0\x000X\x03\0\0\0cpu" + number(count) + b"tQ")
    hooks = b"ccollections\nOrderedDict\n)R"
    return (b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + storage + number(offset)
            + numbers(size) + numbers(stride) + b"\x89" + hooks + b"tR.")
