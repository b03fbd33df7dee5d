"""`yiheng site`: a folder that is made, a port that is free, a state that is said."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

PYTHON = [sys.executable, "-c", "from yiheng.cli import main; main()", "site"]


def run(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("YIHENG_", "DJANGO_"))} | settings
    return subprocess.run([*PYTHON, *arguments], capture_output=True, text=True, env=env, timeout=120, check=False)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("x", encoding="utf-8")
    done = run("health", "--dir", str(file))
    assert (done.returncode, done.stderr) == (
        2,
        f"yiheng: file {file}: is not a folder -> choose another folder with --dir\n",
    )


@pytest.mark.parametrize("command", ["health", "reseal"])
def test_a_database_that_is_not_there_is_one_line(tmp_path: Path, command: str) -> None:
    address = "postgresql://yiheng:hidden@127.0.0.1:1/site"
    done = run(command, "--dir", str(tmp_path), YIHENG_DATABASE=address)
    why = 'connection to server at "127.0.0.1", port 1 failed: Connection refused'
    said = f"yiheng: column YIHENG_DATABASE: the database cannot be reached: connection failed: {why}\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_database_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "site" / "site.sqlite3").mkdir(parents=True)
    done = run("verify", "--dir", str(tmp_path))
    file = tmp_path / "site" / "site.sqlite3"
    said = f"yiheng: file {file}: the database cannot be reached: unable to open database file\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run("serve", "--dir", str(tmp_path / "data"), "--port", str(port))
    assert done.returncode == 2
    assert f"column --port, value {port}: cannot be listened on" in done.stderr
    assert not (tmp_path / "data").exists()


def test_tls_without_the_server_that_ends_it_is_refused(tmp_path: Path) -> None:
    done = run("serve", "--dir", str(tmp_path), "--port", str(free_port()), YIHENG_HTTPS="yes")
    why = "YIHENG_HTTPS=yes needs the address of the server before this one"
    said = f"yiheng: column YIHENG_PROXY: {why} -> YIHENG_PROXY=127.0.0.1\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", said)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.slow
def test_it_is_served_and_healthy(tmp_path: Path) -> None:
    data = tmp_path / "data"
    before = run("health", "--dir", str(data))
    assert before.returncode == 1
    assert "migrations are to be applied" in before.stdout
    nothing = run("verify", "--dir", str(data))
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert re.fullmatch(rf"yiheng: file {data}: \d+ migrations are to be applied: yiheng site serve\n", nothing.stderr)
    port = free_port()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("YIHENG_", "DJANGO_"))}
    served = subprocess.Popen([*PYTHON, "serve", "--dir", str(data), "--port", str(port)], env=env)
    try:
        assert json.loads(_answer(f"http://127.0.0.1:{port}/health"))["status"] == "ok"
        assert "登录名" in _answer(f"http://127.0.0.1:{port}/").decode()
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(20)
    after = run("health", "--dir", str(data))
    assert (after.returncode, after.stdout) == (0, "正常 ok\n尚无备份 no backup yet: yiheng site backup\n")


def _answer(address: str) -> bytes:
    for _ in range(100):
        try:
            with urlopen(address, timeout=5) as answer:
                return bytes(answer.read())
        except OSError:
            time.sleep(0.5)
    raise AssertionError(f"{address} does not answer")


@pytest.mark.slow
def test_a_site_is_founded_from_sheets(tmp_path: Path) -> None:
    at = ("--dir", str(tmp_path / "data"))
    root = run("found", "--code", "140600", "--name", "市", "--administrator", "root", *at)
    assert (root.returncode, root.stdout.split()[0]) == (0, "root")
    places = tmp_path / "places.csv"
    places.write_text("代码,名称,类别,上级代码,起,止\nH,市医院,机构,140600,2025-01-01,\n", encoding="utf-8")
    assert run("places", str(places), *at).stdout == "1 rows\n"
    people = tmp_path / "people.csv"
    people.write_text("登录名,姓名,角色,机构代码,起,止\nli,李,医院领导,H,2099-01-01,\n", encoding="utf-8")
    first = tmp_path / "first.csv"
    done = run("people", str(people), "--by", "root", "--passwords", str(first), *at)
    assert (done.returncode, first.stat().st_mode & 0o777, first.read_text().split(",")[0]) == (0, 0o600, "li")
    again = run("people", str(people), "--by", "root", "--passwords", str(first), *at)
    assert (again.returncode, "is there already" in again.stderr) == (2, True)
    assert run("verify", *at).stdout == "完整 whole\n"
