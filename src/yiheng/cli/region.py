"""`yiheng demo` and `yiheng analyse`: the whole way, from discharges to the report."""

import signal
import subprocess
import sys
from pathlib import Path
from shutil import rmtree
from typing import Annotated

import typer

from yiheng.base.progress import Progress, shown_progress
from yiheng.base.refusal import Refusal
from yiheng.base.words import word
from yiheng.cases.input import cases_digest
from yiheng.cases.load import load
from yiheng.cli.site import free
from yiheng.reports.analyse import Analysed, digests
from yiheng.reports.analyse import analyse as run_analysis
from yiheng.reports.drg import PACK
from yiheng.sample.places import places as made_places
from yiheng.sample.write import write as write_sample
from yiheng.tables.commit import commit_numbers
from yiheng.tables.data import Data
from yiheng.tables.digest import file_sha256

SEED = 20250101


def demo(
    cases: Annotated[int, typer.Option(min=1, help="Discharges a year.")] = 100_000,
    dir: Annotated[Path, typer.Option(help="The folder that the made-up region lives in.")] = Path("yiheng-demo"),
    seed: Annotated[int, typer.Option(help="Another seed makes another region.")] = SEED,
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The site's port on this machine.")] = 8000,
    serve: Annotated[
        bool, typer.Option("--serve/--no-serve", help="Serve the site in the end, until it is stopped.")
    ] = True,
) -> None:
    """Make up a region, load its discharges, group and weigh them, write the report, and fill a site and serve it."""
    if serve:
        free(port)
    with shown_progress() as progress:
        files = _sources(dir, seed, cases, progress)
        if not commit_numbers(Data(dir).commits_folder):
            load(dir, files, places=made_places(seed), made_up=True, progress=progress)
        analysed = run_analysis(dir, dir / "report", progress=progress)
        progress.step("内容摘要 digest of the cases")
        seen = cases_digest(dir)
        progress.step("演示站点 site")
        site = _site(dir, seed)
    typer.echo("演示数据,全部虚构 / demo data, all of it made up")
    typer.echo(f"摘要 digest   cases {seen}")
    _tell(dir, analysed)
    typer.echo(site, nl=False)
    if serve:
        _serve(dir, port)
    else:
        typer.echo(f"启动 serve    yiheng site serve --dir {dir}")


def analyse(
    cases: Annotated[Path, typer.Option(help="The DATA folder.")],
    out: Annotated[Path, typer.Option(help="The folder for report.html and report.xlsx.")],
    commit: Annotated[int | None, typer.Option(min=1, help="Another commit than the last.")] = None,
    pack: Annotated[
        str, typer.Option(help="The DRG rule pack: a folder, FILE.zip, FILE.xlsx, or the id of a built-in one.")
    ] = PACK,
) -> None:
    """Group and weigh the loaded cases, hold every unit against the region, and write the report."""
    with shown_progress() as progress:
        analysed = run_analysis(cases, out, commit, progress, pack)
    _tell(cases, analysed)


def _sources(root: Path, seed: int, cases: int, progress: Progress) -> list[Path]:
    """The made-up files in `root`; a folder that was filled from other files is refused and stays as it is."""
    if root.exists() and not root.is_dir():
        raise Refusal("is not a folder", file=str(root), cure="choose another folder with --dir")
    folder, draft = root / "sources", root / ".sources.draft"
    rmtree(draft, ignore_errors=True)
    write_sample(draft, seed, cases, progress)
    loaded = {source.sha256 for commit in Data(root).commits() for source in commit.sources}
    made = sorted(draft.glob("*.parquet"))
    if loaded and loaded != {file_sha256(path) for path in made}:
        rmtree(draft)
        raise Refusal("holds other data", file=str(root), cure="choose another folder with --dir")
    rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return [folder / path.name for path in made]


def _site(root: Path, seed: int) -> str:
    """Fill the site in a process of its own; what it says. Its refusal is the command's."""
    command = [sys.executable, "-m", "yiheng.site.demo", str(root), "--seed", str(seed)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)
    return done.stdout


def _serve(root: Path, port: int) -> None:
    """The site and its worker, until either ends or somebody stops this."""
    from yiheng.site.demo.__main__ import environment

    call = [sys.executable, "-c", "from yiheng.cli import main; main()", "site"]
    commands = [[*call, "work", "--dir", str(root)], [*call, "serve", "--dir", str(root), "--port", str(port)]]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    running = [subprocess.Popen(command, env=environment(root)) for command in commands]
    try:
        running[-1].wait()
    except KeyboardInterrupt:
        typer.echo("")
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


def _tell(root: Path, analysed: Analysed) -> None:
    """What was made and where."""
    analysis = analysed.analysis
    total = sum(row["cases"] for row in analysis.years.to_pylist())
    typer.echo(f"病例 cases    {total:,} in {root}, commit {analysed.runs[0].inputs.commit}")
    for run, table, value in digests(analysed.runs):
        typer.echo(f"结果 result   {run} {table} {value[:16]}")
    for grouping in analysis.groupings:
        if grouping.notice is not None:
            name = word(grouping.id)
            typer.echo(f"{name.zh}:{grouping.notice.zh} / {name.en}: {grouping.notice.en}")
    typer.echo(f"报告 report   {analysed.html}")
    typer.echo(f"表格 workbook {analysed.xlsx}")
