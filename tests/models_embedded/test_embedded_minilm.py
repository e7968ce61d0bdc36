from pathlib import Path

import numpy as np
import pytest

from orchestra_cli.errors import NoModelError
from orchestra_cli.models.embedded import minilm


def test_rows_are_of_length_one_and_like_texts_are_near() -> None:
    """Two ways of saying a thing are nearer than two different things."""
    rows = minilm.embed(["The roof leaks.", "Water comes through the roof.", "Invoices are paid monthly."])
    assert rows.shape == (3, minilm.WIDTH)
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert rows[0] @ rows[1] > rows[0] @ rows[2] + 0.3


def test_a_row_does_not_depend_on_its_company() -> None:
    """The same text alone and among forty others gives the same row, in the place it was asked in."""
    texts = [f"Requirement number {n} about {'roof ' * (n % 7)}work" for n in range(40)]
    together = minilm.embed(texts)
    assert np.abs(together[17] - minilm.embed([texts[17]])[0]).max() < 1e-5


def test_no_texts_give_no_rows() -> None:
    """An empty list is answered with an empty matrix."""
    assert minilm.embed([]).shape == (0, minilm.WIDTH)


def test_a_missing_package_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the error names the command."""
    minilm._session.cache_clear()
    monkeypatch.setattr(minilm, "PACKAGE", "no_such_package_here")
    assert minilm.find_model() is None
    with pytest.raises(NoModelError, match=r"orchestra-recipes\[local\]"):
        minilm.embed(["x"])


def test_a_changed_model_file_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A file with another hash is never run."""
    (tmp_path / "model.onnx").write_bytes(b"not the model")
    minilm._session.cache_clear()
    monkeypatch.setattr(minilm, "find_model", lambda: tmp_path / "model.onnx")
    with pytest.raises(NoModelError, match="not the pinned MiniLM"):
        minilm.embed(["x"])
    minilm._session.cache_clear()
