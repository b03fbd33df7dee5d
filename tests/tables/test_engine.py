"""DuckDB has its limits from the environment and leaves nothing behind."""

from pathlib import Path

import pytest

from yiheng.base.refusal import Refusal
from yiheng.tables.engine import engine, fetch, quoted, scratch


def setting(name: str) -> str:
    with engine() as backend:
        return str(fetch(backend, f"SELECT current_setting('{name}') AS its")["its"][0].as_py())


def test_limits_are_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("YIHENG_MEMORY", raising=False)
    assert setting("memory_limit") == "488.2 MiB"
    monkeypatch.setenv("YIHENG_MEMORY", "1GB")
    monkeypatch.setenv("YIHENG_THREADS", "1")
    assert (setting("memory_limit"), setting("threads")) == ("953.6 MiB", "1")


def test_the_scratch_folder_goes_with_the_engine() -> None:
    with engine() as backend:
        folder = scratch(backend)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "x").write_text("x", encoding="utf-8")
    assert not folder.exists()
    assert folder.is_relative_to(Path(folder.anchor))


def test_text_is_quoted() -> None:
    with engine() as backend:
        for text in ("a", "it's", "'; DROP TABLE x; --", "医\n衡", "\\"):
            assert fetch(backend, f"SELECT {quoted(text)} AS its")["its"].to_pylist() == [text]


@pytest.mark.parametrize("number", ["x", "0", "-1", "1.5", "10000", "1; SELECT 1"])
def test_a_wrong_number_of_threads_is_refused(monkeypatch: pytest.MonkeyPatch, number: str) -> None:
    monkeypatch.setenv("YIHENG_THREADS", number)
    with pytest.raises(Refusal, match="column YIHENG_THREADS, value .*: is no number of threads"), engine():
        pass


@pytest.mark.parametrize("limit", ["much", "512", "0GB", "-1GB", "1GB'; SELECT 1"])
def test_a_wrong_amount_of_memory_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str) -> None:
    monkeypatch.setenv("YIHENG_MEMORY", limit)
    with pytest.raises(Refusal, match="column YIHENG_MEMORY, value .*: is no amount of memory"), engine():
        pass
