"""What is shipped: the wheel, installed where nothing of this checkout is, makes a workspace and prices the sample."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
from e2e_support import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PURE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OLLAMA_HOST": "127.0.0.1:9"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from this checkout without the network; skipped where hatchling is not installed."""
    pytest.importorskip("hatchling", reason="the wheel is built with hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], cwd=ROOT, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `orchestra` of a new environment; what it depends on comes from the environment of the tests."""
    folder = tmp_path_factory.mktemp("venv")
    venv.create(folder, with_pip=False)
    (site,) = folder.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    borrowed = "\n".join(p for p in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (site / "borrowed.pth").write_text(borrowed, encoding="utf-8")
    script = folder / "bin" / "orchestra"
    script.write_text(f"#!{folder}/bin/python\nfrom orchestra_cli.cli.main import main\nmain()\n", encoding="utf-8")
    script.chmod(0o755)
    return script


def typed(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**PURE, "HOME": str(folder), "ORCHESTRA_HOME": str(folder / "home"), "OPENAI_API_KEY": "sk-none"}
    return subprocess.run([installed, *words], cwd=folder, env=env, capture_output=True, text=True, check=False)


def test_the_wheel_holds_recipes_and_sample_and_no_tests(wheel: Path) -> None:
    """Pages, data and the typing mark are packed; tests, benchmarks and papers of maintainers are not."""
    names = zipfile.ZipFile(wheel).namelist()
    assert wheel.name.startswith("orchestra_recipes-")
    for name in ("recipes/builtin/proposal.md", "recipes/sample/proposal/clients/acme/tender.pdf", "py.typed"):
        assert f"orchestra_cli/{name}" in names
    assert not [name for name in names if name.startswith(("tests", "benchmarks", "tools"))]
    assert [name for name in names if name.endswith("entry_points.txt")]


def test_the_wheel_runs_by_itself(installed: Path, tmp_path: Path) -> None:
    """--version, init and an estimate with the exact price, from the installed files only."""
    version = typed(installed, tmp_path, "--version")
    assert version.stdout.startswith("orchestra ")
    made = typed(installed, tmp_path, "init", "demo")
    assert made.returncode == 0, made.stderr
    estimate = typed(installed, tmp_path / "demo", "proposal", "--client", "acme", "--estimate")
    assert estimate.returncode == 0, estimate.stderr
    assert "82,133.54" in estimate.stdout
    where = subprocess.run(
        [installed.parent / "python", "-c", "import orchestra_cli; print(orchestra_cli.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(ROOT) not in where.stdout
