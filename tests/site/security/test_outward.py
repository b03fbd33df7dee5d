"""A9, A14, A15 (外连、供应链、失窃): the site asks nobody; no secret lies in the tree; a stolen table opens nothing."""

import ast
import hashlib
import re
import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from yiheng.site.base.api.tokens import make_token
from yiheng.site.base.flow.models import Act, Item
from yiheng.site.base.outsiders.door import make_code
from yiheng.site.base.vault import keys

from .world import PASSWORD, World, entered

SITE = Path(__file__).resolve().parents[3] / "src/yiheng/site"
SPEAKS = {"socket", "ssl", "http.client", "urllib.request", "smtplib", "ftplib", "requests", "httpx", "aiohttp"}


# A9


def test_no_room_of_the_site_can_ask_an_address() -> None:
    """Nothing of ours opens a connection but to the region's identity service, which a file of the site's keeper names;
    no field of ours is an address that something could fetch."""
    found = [
        (str(path.relative_to(SITE)), name)
        for path in sorted(SITE.rglob("*.py"))
        for name in _imported(ast.parse(path.read_text(encoding="utf-8")))
        if name in SPEAKS
    ]
    assert found == [("base/accounts/outside.py", "requests")]
    ours = [table for table in apps.get_models() if table.__module__.startswith("yiheng.")]
    assert [its for table in ours for its in table._meta.fields if isinstance(its, models.URLField)] == []


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


@pytest.fixture
def ear() -> Iterator[socket.socket]:
    """Somebody on this machine who hears every connection."""
    with socket.create_server(("127.0.0.1", 0)) as listens:
        listens.setblocking(False)
        yield listens


@pytest.mark.slow
def test_an_address_in_any_text_file_or_header_is_never_asked(world: World, ear: socket.socket) -> None:
    url = f"http://127.0.0.1:{ear.getsockname()[1]}/x"
    head, doc = entered(world.people["head", "own"]), entered(world.person("doc"))
    asked = world.hospital.request(need=url, name=url, license_number=url)
    assert head.post("/flows/procurement/new/ask/", asked | {"request": str(uuid4())}).status_code == 302
    item = world.items["draft"]
    page = b"%PDF-1.4\n1 0 obj<</S/URI/URI(" + url.encode() + b")>>endobj\n%%EOF\n"
    form = {"seen": Item.objects.get(pk=item.pk).version, "consent": url}
    doc.post(f"/items/{item.pk}/do/consent/", form | {"file.consent": SimpleUploadedFile("a.pdf", page)})
    assert doc.post(f"/items/{item.pk}/do/comment/", {"text": url}).status_code == 302
    buyer = entered(world.people["purchasing", "own"])
    sheet = f"org,code,name,contact,start,end\nH-own,9199,{url},{url},2026-01-01,\n".encode()
    rows = {"file": SimpleUploadedFile("a.csv", sheet), "source": url}
    assert buyer.post("/registers/procurement-supplier/file/", rows).status_code == 302
    own = {"Referer": url, "Origin": url, "X-Forwarded-For": url, "X-Original-URL": url, "Link": url}
    for where in (f"/items/{item.pk}/", f"/items/{item.pk}/print/", "/flows/referral/?q=" + url, "/registers/" + url):
        doc.get(where, headers=own)
    for where in (f"/accounts/oidc/x/login/?next={url}", f"/accounts/login/?next={url}", f"/door/?number={url}"):
        Client().get(where, headers=own)
    assert Act.objects.filter(step="comment").exists()
    with pytest.raises(BlockingIOError):
        ear.accept()
    with socket.create_connection(ear.getsockname()):
        ear.accept()[0].close()  # it does hear


# A14


TREE = ("src", "scripts", "tests", "docs", "benchmarks", "examples", "requirements")
SECRETS = (
    re.compile("-----BEGIN [A-Z ]*" + "PRIVATE KEY"),
    re.compile(r"\byh_[A-Za-z0-9_-]{43}\b(?<!" + "A" * 43 + ")"),
    re.compile(r"\bAKIA[0-9A-Z]{16}\b"),
    re.compile(r"(?i)\b(?:secret_key|api_key|client_secret)\s*=\s*['\"][^'\"]{12,}"),
)


def test_no_secret_lies_in_the_tree(root: Path) -> None:
    texts = [path for name in TREE for path in (root / name).rglob("*") if _is_text(path)]
    assert len(texts) > 500
    found = [
        (str(path.relative_to(root)), secret.pattern)
        for path in texts
        for text in [path.read_text(encoding="utf-8", errors="replace")]
        for secret in SECRETS
        if secret.search(text)
    ]
    assert found == []


def _is_text(path: Path) -> bool:
    kinds = (".py", ".yaml", ".toml", ".md", ".txt", ".html", ".json", ".sh", ".csv", ".cfg")
    return path.suffix in kinds and path.is_file() and path.stat().st_size < 1 << 20


WHEEL = {
    "made_up.py": "x = 1\n",
    "made_up-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: made-up\nVersion: 1\n",
    "made_up-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    "made_up-1.dist-info/RECORD": "made_up.py,,\n",
}


@pytest.mark.slow
def test_a_package_that_was_changed_by_one_byte_is_not_installed(root: Path, tmp_path: Path) -> None:
    """As the project's own set-up installs: by the hashes of its locks."""
    assert "--require-hashes -r requirements/" in (root / "Makefile").read_text(encoding="utf-8")
    wheel = tmp_path / "made_up-1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as package:
        for name, text in WHEEL.items():
            package.writestr(name, text)
    lock = tmp_path / "lock.txt"
    lock.write_text(f"made-up==1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n", encoding="utf-8")
    assert _installed(lock, tmp_path, "whole") == (0, True)
    content = wheel.read_bytes()
    wheel.write_bytes(content.replace(b"x = 1", b"x = 2"))
    assert _installed(lock, tmp_path, "changed") == (1, False)


def _installed(lock: Path, folder: Path, name: str) -> tuple[int, bool]:
    command = [
        sys.executable,
        "-m",
        "pip",
        "--isolated",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
    ]
    command += ["--no-index", "--find-links", str(folder), "--require-hashes", "-r", str(lock)]
    done = subprocess.run([*command, "--target", str(folder / name)], capture_output=True, text=True, check=False)
    return done.returncode, (folder / name / "made_up.py").is_file()


# A15


@pytest.mark.skipif(connection.vendor != "sqlite", reason="reads SQLite's own pages")
def test_whoever_steals_the_tables_reads_no_sealed_text_and_no_key(
    world: World, settings: object, tmp_path: Path
) -> None:
    """The bytes of the whole database: no patient's name or phone, no password, token or query code."""
    settings.VAULT_KEYS = tmp_path / "vault.keys"  # type: ignore[attr-defined]
    keys.add()
    county, now = world.county, timezone.localtime()
    item = county.written(patient="p-stolen", patient_name="欧阳某某", phone="138-0000-1111")
    person = world.people["doctor", "own"]
    person.set_password(PASSWORD)
    person.save()
    secrets = [make_token(person, "x", now, now + timedelta(days=1)), make_code(item, "某人", now + timedelta(days=1))]
    with connection.cursor() as cursor:
        pages = cursor.connection.serialize()
    assert b"p-stolen" in pages, "it is the database"
    for secret in ("欧阳", "138-0000", PASSWORD, *secrets):
        assert secret.encode() not in pages
    assert keys.read().current.secret not in pages
