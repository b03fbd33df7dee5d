"""yiheng cases key."""

import stat
from pathlib import Path
from typing import Any

from yiheng.cases.identity import read_key


def test_a_key_is_made_and_its_keeping_explained(yiheng: Any, tmp_path: Path) -> None:
    path = tmp_path / "region.key"
    ran = yiheng("cases", "key", "--new", path)
    key = read_key(path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines() == [
        f"已生成区域密钥 {key.region_id()} / region key {key.region_id()} written: {path}",
        "请存放在 DATA 之外并另行备份 / keep it outside DATA and back it up elsewhere",
        "密钥一旦遗失，同一患者前后入库的病例将无法关联 / if it is lost, later loads no longer join with earlier ones",
        f"入库时设置 / when loading set YIHENG_KEY_FILE={path}",
    ]
    assert key.secret.hex() not in ran.out
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_is_never_overwritten(yiheng: Any, tmp_path: Path) -> None:
    path = tmp_path / "region.key"
    yiheng("cases", "key", "--new", path)
    before = path.read_bytes()
    refusal = yiheng("cases", "key", "--new", path).refusal
    assert refusal == f"file {path}: is there already, and a key is never overwritten"
    assert path.read_bytes() == before


def test_a_key_inside_data_is_refused(yiheng: Any, tmp_path: Path) -> None:
    (tmp_path / "DATA" / "commits").mkdir(parents=True)
    path = tmp_path / "DATA" / "region.key"
    refusal = yiheng("cases", "key", "--new", path).refusal
    assert (
        refusal == f"file {path}: a key is kept outside DATA -> a folder that is not in {(tmp_path / 'DATA').resolve()}"
    )
    assert not path.exists()


def test_a_place_for_the_key_is_needed(yiheng: Any) -> None:
    ran = yiheng("cases", "key")
    assert (ran.code, ran.out) == (2, "")
    assert "--new" in ran.err
