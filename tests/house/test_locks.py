"""Locks pin every file by its hash and name no place to fetch it from; no test reaches a network."""

import json
import re
import socket
import tomllib
from pathlib import Path

import pytest
from pytest_socket import SocketConnectBlockedError

LOCKS = ("run", "dev", "spark", "lock", "node")


def names(text: str) -> list[str]:
    """What a requirements file or a list of requirements asks for, by normal name."""
    return [re.sub(r"[-_.]+", "-", name).lower() for name in re.findall(r"^([A-Za-z0-9][\w.-]*)", text, re.MULTILINE)]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_by_hash_and_names_no_address(root: Path, lock: str) -> None:
    text = (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"\n(?=\S)", text.strip())
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9][a-z0-9._-]*==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_the_locks_hold_what_the_project_asks_for(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    groups = project["dependency-groups"]
    asked = {"run": project["project"]["dependencies"], **groups}
    asked["dev"] = asked["dev"] + asked["run"]
    asked["spark"] = asked["dev"] + project["project"]["optional-dependencies"]["spark"]
    for lock, requirements in asked.items():
        locked = names((root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"))
        assert set(names("\n".join(requirements))) <= set(locked), lock


def test_what_runs_is_the_same_in_both_locks(root: Path) -> None:
    pins = [
        set(
            re.findall(
                r"^(\S+==\S+)", (root / "requirements" / f"{lock}.txt").read_text(encoding="utf-8"), re.MULTILINE
            )
        )
        for lock in ("run", "dev")
    ]
    assert pins[0] <= pins[1]


def test_the_npm_lock_names_no_address(root: Path) -> None:
    packages = json.loads((root / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or package["integrity"].startswith("sha512-"), name
    assert "omit-lockfile-registry-resolved=true" in (root / ".npmrc").read_text(encoding="utf-8").splitlines()


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_the_network_is_closed() -> None:
    with socket.socket() as outside, pytest.raises(SocketConnectBlockedError):
        outside.connect(("192.0.2.1", 80))


def test_this_machine_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        pass
