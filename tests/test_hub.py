"""Files from the net: fetched once, checked, whole or not at all."""

import hashlib
import http.server
import threading
from functools import partial

import pytest


@pytest.fixture
def hub(torch, monkeypatch, tmp_path):
    """The namespace under test, with its folder in that of the test."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "home"))
    return torch.hub


@pytest.fixture
def server(tmp_path):
    """A folder, and the address at which it is served."""
    folder = tmp_path / "server"
    folder.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=folder)) as it:
        thread = threading.Thread(target=it.serve_forever, daemon=True)
        thread.start()
        yield folder, f"http://127.0.0.1:{it.server_port}"
        it.shutdown()
        thread.join()


def test_folder_of_the_hub(torch, hub, tmp_path, monkeypatch):
    """It is below TORCH_HOME, or what was set."""
    assert hub.get_dir() == str(tmp_path / "home" / "hub")

    name = "_folder" if torch.__name__ == "tapegrad" else "_hub_dir"
    monkeypatch.setattr(hub, name, getattr(hub, name))
    if name == "_folder":
        monkeypatch.setattr(hub, name, [])
    hub.set_dir(tmp_path / "other")
    assert str(hub.get_dir()) == str(tmp_path / "other")


def test_tensors_of_an_address(torch, hub, server, tmp_path, capsys):
    """A file is fetched with a bar, kept, and read from there the second time."""
    folder, address = server
    torch.save({"w": torch.arange(3.0)}, folder / "net.pth")
    first = hub.load_state_dict_from_url(f"{address}/net.pth?x=1", weights_only=True)
    said = capsys.readouterr()
    (folder / "net.pth").unlink()
    again = hub.load_state_dict_from_url(f"{address}/net.pth?x=1", weights_only=True)

    kept = tmp_path / "home" / "hub" / "checkpoints" / "net.pth"
    assert said.out == f'Downloading: "{address}/net.pth?x=1" to {kept}\n'
    assert "100%" in said.err
    assert first["w"].tolist() == again["w"].tolist() == [0.0, 1.0, 2.0]


def test_name_and_folder_can_be_chosen(torch, hub, server, tmp_path):
    """The file is kept where it is asked for."""
    folder, address = server
    torch.save({"w": torch.zeros(1)}, folder / "net.pth")
    hub.load_state_dict_from_url(
        f"{address}/net.pth", model_dir=str(tmp_path / "mine"), file_name="it.pth", progress=False
    )

    assert (tmp_path / "mine" / "it.pth").exists()


def test_hash_in_the_name(torch, hub, server):
    """With ``check_hash`` the name says how the SHA-256 begins."""
    folder, address = server
    torch.save({"w": torch.zeros(1)}, folder / "net.pth")
    digest = hashlib.sha256((folder / "net.pth").read_bytes()).hexdigest()
    for name in (f"net-{digest[:8]}.pth", "net-00000000.pth"):
        (folder / name).write_bytes((folder / "net.pth").read_bytes())

    hub.load_state_dict_from_url(f"{address}/net-{digest[:8]}.pth", check_hash=True)
    with pytest.raises(RuntimeError) as caught:
        hub.load_state_dict_from_url(f"{address}/net-00000000.pth", check_hash=True)
    assert str(caught.value) == f'invalid hash value (expected "00000000", got "{digest}")'


def test_refused_file_leaves_the_old_one(hub, server, tmp_path):
    """What was at the place stays if the new file is not the one that was asked for."""
    folder, address = server
    (folder / "new").write_bytes(b"new")
    place = tmp_path / "place"
    place.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="^invalid hash value"):
        hub.download_url_to_file(f"{address}/new", str(place), hash_prefix="0", progress=False)

    assert place.read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["place", "server"]


def test_missing_file_says_where_to_put_it(tapegrad, hub, server, tmp_path):
    """An address without a file raises, with the place to put the file at."""
    _, address = server
    with pytest.raises(OSError, match="HTTP Error 404: File not found") as caught:
        hub.load_state_dict_from_url(f"{address}/none.pth")

    place = tmp_path / "home" / "hub" / "checkpoints" / "none.pth"
    assert f"fetch {address}/none.pth elsewhere and save it as {place}" in str(caught.value)


def test_connection_that_ends_too_early(tapegrad, hub, tmp_path):
    """Half a file is an error, and nothing is kept."""

    class Half(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"half")

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Half) as server:
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        with pytest.raises(OSError, match="ended after 4 of 100 bytes"):
            hub.download_url_to_file(
                f"http://127.0.0.1:{server.server_port}/x", str(tmp_path / "x"), progress=False
            )
        thread.join()

    assert list(tmp_path.iterdir()) == []


def test_code_is_not_fetched(tapegrad, hub):
    """What would run code from the net says what to do instead."""
    with pytest.raises(RuntimeError, match="tapegrad runs no code from the net"):
        hub.load("pytorch/vision", "resnet18")
