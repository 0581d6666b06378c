"""What every test may ask for, and the rule about skips.

    shared_data            the folder of recorded real input beside the checkout (../shared/data); skipped where absent
    signed_papers          a decision signed at every level, over real time-stamp, OCSP and CRL servers
    postgres               the DSN of a PostgreSQL of this run (tests/postgres.py), or HALL_PG_DSN; never skipped
    needs_tool(name, pkg)  the path of a Debian program; skipped with the line that installs it where absent

A skip says that something was not proved. With the environment variable CI set that is a failure, wherever the skip
comes from: a marker, a fixture, an import, a whole module.
"""

import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests import pictures
from tests.postgres import with_cluster

if TYPE_CHECKING:
    from tests.signed_papers import SignedPapers

ROOT = Path(__file__).resolve().parent.parent

# readline, which pytest loads, writes the size that it believes in into the environment of every child: a program in a
# terminal of 100 columns would take it for 80.
for name in ("LINES", "COLUMNS"):
    os.environ.pop(name, None)
    os.unsetenv(name)

# Temporary files lie in memory where there is room for them (a whole run: 2 GB at most). A commit waits for a disk, and
# there are tens of thousands; what a crash leaves is proved by killing processes, of which no disk knows.
MEMORY, ROOM = "/dev/shm", 6 << 30
if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK):
    told = os.statvfs(MEMORY)
    if told.f_bavail * told.f_frsize >= ROOM and not told.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = tempfile.tempdir = MEMORY

# Two busy cores make any single example slow: time is for benchmarks. CI draws the same examples every time, so that
# what lands does not depend on luck; everybody else's runs look for new ones.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.register_profile("ci", settings.get_profile("anywhere"), derandomize=True, database=None)
settings.load_profile("ci" if os.environ.get("CI") else "anywhere")

COLLECT_AFTER = 10_000
NeedsTool = Callable[[str, str], str]


def pytest_configure(config: pytest.Config) -> None:
    pictures.configure(config)


def pytest_collection_finish() -> None:
    """What was loaded and collected stays to the end: the collector need not walk it again for every few objects of a
    test, as it need not in a server or a terminal that has begun."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder ../shared/data: recorded permit logs, queue traces, papers."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"recorded data is not beside the checkout: {folder.relative_to(ROOT.parent)} is missing")
    return folder


@pytest.fixture(scope="session")
def postgres() -> str:
    """The DSN of a running PostgreSQL whose user may make databases; one for all workers of a run."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", "")
    return with_cluster(run, os.getppid() if run else os.getpid())


@pytest.fixture(scope="session")
def signed_papers(tmp_path_factory: pytest.TempPathFactory) -> Iterator["SignedPapers"]:
    """A decision signed at every level and in both ways; some seconds, once a run."""
    from tests.signed_papers import SignedPapers

    with ThreadPoolExecutor(1) as apart:  # this thread's event loop may be a browser's
        papers = apart.submit(SignedPapers, tmp_path_factory.mktemp("outside")).result()
    yield papers
    papers.world.close()


@pytest.fixture(scope="session")
def needs_tool() -> NeedsTool:
    """`needs_tool("qpdf", "qpdf")` is the program's path, or skips with the line that installs its Debian package."""

    def find(name: str, apt_package: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed: apt-get install {apt_package}")
        return path

    return find


def _fail_if_skipped(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: nothing may be skipped in CI. {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    _fail_if_skipped(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    _fail_if_skipped(report)
    return report
