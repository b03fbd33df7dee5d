"""What browsers are given is packaged without what would make them ask for more."""

import json
from pathlib import Path

import pytest

import make_assets


def test_the_source_map_comment_is_taken_out_and_nothing_else(tmp_path: Path) -> None:
    source, target = tmp_path / "chart.js", tmp_path / "assets" / "chart.min.js"
    source.write_text('var a = "//# not this";\n//# sourceMappingURL=chart.js.map\nlast();\n', encoding="utf-8")
    make_assets.package(source, target)
    assert target.read_text(encoding="utf-8") == 'var a = "//# not this";\nlast();\n'


def test_a_missing_source_leaves_nothing_behind(tmp_path: Path) -> None:
    target = tmp_path / "assets" / "chart.min.js"
    with pytest.raises(FileNotFoundError):
        make_assets.package(tmp_path / "gone.js", target)
    assert not target.exists()


@pytest.mark.parametrize("target", make_assets.PACKAGED.values())
def test_every_asset_is_there(root: Path, target: str) -> None:
    text = (root / target).read_text(encoding="utf-8")
    assert text
    assert "sourceMappingURL" not in text


def test_the_asset_is_of_the_pinned_version(root: Path) -> None:
    pinned = json.loads((root / "package.json").read_text(encoding="utf-8"))["dependencies"]["echarts"]
    assert f'version="{pinned}"' in (root / "src/yiheng/reports/assets/echarts.min.js").read_text(encoding="utf-8")
