"""A real PostgreSQL on this machine (数据库), started on loopback for the tests that need one."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BIN = Path("/usr/lib/postgresql/15/bin")
_QUICK = ("-c", "fsync=off", "-c", "full_page_writes=off", "-c", "synchronous_commit=off")


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server, without a database: `postgresql://yiheng@127.0.0.1:port`."""
    if not BIN.exists():
        pytest.skip("PostgreSQL 15 is not installed (Debian's package postgresql-15)")
    folder = tmp_path_factory.mktemp("postgres")
    data, port = folder / "data", _free_port()
    owner = _owner(folder)
    made = ("-D", data, "-U", "yiheng", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8")
    _run(owner, BIN / "initdb", *made)
    with (folder / "log").open("w") as log:
        options = ("-D", str(data), "-h", "127.0.0.1", "-p", str(port), "-k", str(data), *_QUICK)
        server = subprocess.Popen([str(BIN / "postgres"), *options], stdout=log, stderr=log, **owner)
        try:
            _wait(port, server, folder / "log")
            yield f"postgresql://yiheng@127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(30)


def _owner(folder: Path) -> dict[str, object]:
    """Whom the server runs as: PostgreSQL refuses root, which becomes Debian's user for it."""
    if os.geteuid() != 0:
        return {}
    its = pwd.getpwnam("postgres")
    for path in (folder, *folder.parents):
        if path == Path("/tmp"):
            break
        path.chmod(path.stat().st_mode | 0o711)
    shutil.chown(folder, "postgres")
    return {"user": its.pw_uid, "group": its.pw_gid, "extra_groups": []}


def _run(owner: dict[str, object], *command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True, **owner)


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if server.poll() is not None:
            raise RuntimeError(log.read_text(encoding="utf-8"))
        with socket.socket() as probe:
            probe.settimeout(0.1)
            if probe.connect_ex(("127.0.0.1", port)) == 0 and "ready to accept" in log.read_text(encoding="utf-8"):
                return
        time.sleep(0.1)
    raise RuntimeError(log.read_text(encoding="utf-8"))


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
