"""The built wheel, alone with its runtime requirements, runs and has all its data (smoke test)."""

import importlib.metadata
import os
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow


def run(*command: str | Path, cwd: Path) -> str:
    """What a command says; a failure fails the test with everything it said."""
    clean = {key: text for key, text in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=root)
    (built,) = folder.glob("yiheng-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(root: Path, wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that has the wheel and its locked requirements, and nothing else."""
    home = tmp_path_factory.mktemp("hospital")
    run(sys.executable, "-m", "venv", "--without-pip", home / "venv", cwd=home)
    python = home / "venv/bin/python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    for entry in runtime_entries(root):
        (packages / entry).symlink_to(Path(sysconfig.get_path("purelib")) / entry)
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check")
    run(*pip, "--no-deps", "--no-index", wheel, cwd=home)
    return python.parent


def runtime_entries(root: Path) -> set[str]:
    """What the packages of requirements/run.txt put into site-packages, as its top-level names."""
    entries: set[str] = set()
    for line in (root / "requirements/run.txt").read_text(encoding="utf-8").splitlines():
        if not (pin := re.match(r"([\w.-]+)==\S+( ;)?", line)):
            continue
        try:
            held = importlib.metadata.distribution(pin[1]).files or []
        except importlib.metadata.PackageNotFoundError:
            assert pin[2], f"{pin[1]} is locked for every platform but not installed"
            continue
        entries |= {file.parts[0] for file in held if file.parts[0] not in ("..", "__pycache__")}
    return entries


def test_the_wheel_holds_every_file_of_the_package(root: Path, wheel: Path) -> None:
    source = root / "src"
    files = {path.relative_to(source).as_posix() for path in (source / "yiheng").rglob("*") if path.is_file()}
    expected = {name for name in files if "__pycache__" not in name and not name.endswith((".pyc", ".partial"))}
    held = zipfile.ZipFile(wheel).namelist()
    packaged = {name for name in held if name.startswith("yiheng/")}
    assert packaged == expected
    for kind in (
        r"yiheng/reports/assets/echarts\.min\.js",
        r"yiheng/reports/assets/(echarts|zrender)\.LICENSE",
        r"yiheng/base/words\.csv",
        r"yiheng/tables/contract/cases\.csv",
        r"yiheng/policy/\w+/[\w.-]+\.yaml",
        r"yiheng-[\d.]+\.dist-info/licenses/(LICENSE|NOTICE)",
    ):
        assert any(re.fullmatch(kind, name) for name in held), kind


def test_the_program_answers_without_the_development_tools(installed: Path, tmp_path: Path) -> None:
    assert "demo" in run(installed / "yiheng", "--help", cwd=tmp_path)
    check = "import importlib.util, sys; sys.exit(importlib.util.find_spec('pytest') is not None)"
    run(installed / "python", "-c", check, cwd=tmp_path)


def test_every_module_is_loaded_without_the_development_tools(root: Path, installed: Path, tmp_path: Path) -> None:
    """None lacks a requirement or a file of data that it reads when it is loaded."""
    code = (
        "import os, django, importlib, pkgutil, yiheng; "
        f"os.environ |= {{'DJANGO_SETTINGS_MODULE': 'yiheng.site.settings', 'YIHENG_SITE_DIR': {str(tmp_path)!r}}}; "
        "django.setup(); names = [its.name for its in pkgutil.walk_packages(yiheng.__path__, 'yiheng.')]; "
        "print(len([importlib.import_module(name) for name in names if not name.endswith('__main__')]))"
    )
    sources = [path for path in (root / "src/yiheng").rglob("*.py") if path.name != "__main__.py"]
    assert run(installed / "python", "-c", code, cwd=tmp_path) == f"{len(sources) - 1}\n"


@pytest.mark.soak
def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    run(installed / "yiheng", "demo", "--cases", "300", "--dir", tmp_path / "demo", "--no-serve", cwd=tmp_path)
    assert list((tmp_path / "demo").rglob("*.html"))
