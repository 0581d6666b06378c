"""Paper out of a printer: a real CUPS of the test's own, driven by `lp`; without one, a folder of PDFs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import NeedsTool
from workstation import printer

LIMIT_S = 60.0
CUPSD = """Listen {folder}/cups.sock
LogLevel info
Browsing Off
DefaultAuthType None
WebInterface No
<Location />
  Order allow,deny
  Allow all
</Location>
<Policy default>
  <Limit All>
    Order deny,allow
  </Limit>
</Policy>
"""
FILES = """ServerRoot {folder}/root
RequestRoot {folder}/spool
CacheDir {folder}/cache
StateDir {folder}/run
TempDir {folder}/spool
AccessLog {folder}/log/access
ErrorLog {folder}/log/error
PageLog {folder}/log/page
Printcap
FileDevice Yes
SystemGroup root
"""


class Cups:
    """A print server of the test's own with one raw queue, `hall`."""

    def __init__(self, program: str, folder: Path) -> None:
        for name in ("root", "spool", "cache", "run", "log"):
            (folder / name).mkdir()
        self.server = str(folder / "cups.sock")
        configured = [("-c", "cupsd.conf", CUPSD), ("-s", "cups-files.conf", FILES)]
        argv = [program, "-f"]
        for option, name, words in configured:
            (folder / name).write_text(words.format(folder=folder))
            argv += [option, str(folder / name)]
        self._child = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait(lambda: "is running" in self.run("lpstat", "-r"))
        self.run("lpadmin", "-p", "hall", "-E", "-v", "file:///dev/null", "-m", "raw")
        self.run("lpadmin", "-d", "hall")

    def run(self, name: str, *arguments: str) -> str:
        """One command of CUPS against this server; what it said."""
        path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
        assert path is not None, name
        environment = {**os.environ, "CUPS_SERVER": self.server, "LC_ALL": "C"}
        return subprocess.run([path, *arguments], env=environment, capture_output=True, text=True, check=False).stdout

    def stop(self) -> None:
        """End it."""
        self._child.terminate()
        self._child.wait(LIMIT_S)


def wait(condition: Callable[[], bool]) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < LIMIT_S


@pytest.fixture
def cups(needs_tool: NeedsTool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cups]:
    """A print server, and `lp` pointed at it. The folder's name is short: a socket's path must be."""
    needs_tool("lp", "cups-client")
    program = needs_tool("/usr/sbin/cupsd", "cups-daemon")
    with tempfile.TemporaryDirectory(prefix="cups") as folder:
        Path(folder).chmod(0o755)
        server = Cups(program, Path(folder))
        monkeypatch.setenv("CUPS_SERVER", server.server)
        yield server
        server.stop()


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"%PDF-1.7\n%%EOF\n")
    return path


def test_a_printer_takes_it(cups: Cups, paper: Path, tmp_path: Path) -> None:
    sent = printer.send(paper, "文书", tmp_path / "print")
    assert sent == printer.Sent("printer", "hall-1")
    assert "hall-1" in cups.run("lpstat", "-W", "completed", "-o")
    assert not (tmp_path / "print").exists()


def test_a_printer_that_has_stopped_is_told_and_its_job_never_comes_out_later(
    cups: Cups, paper: Path, tmp_path: Path
) -> None:
    cups.run("cupsdisable", "hall")
    with pytest.raises(printer.PrintFailed) as failed:
        printer.send(paper, "paper", tmp_path / "print")
    assert (failed.value.code, failed.value.params["printer"]) == ("print.stopped", "hall")
    assert cups.run("lpstat", "-W", "not-completed", "-o") == ""
    cups.run("cupsreject", "hall")
    with pytest.raises(printer.PrintFailed) as failed:
        printer.send(paper, "paper", tmp_path / "print")
    assert failed.value.code == "print.refused"
    assert "not accepting" in str(failed.value.params["detail"])


def test_without_a_printer_each_print_is_a_pdf_of_its_own(
    paper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUPS_SERVER", str(tmp_path / "nobody.sock"))
    folder = tmp_path / "print"
    for _ in range(2):
        assert printer.send(paper, "paper", folder).how == "folder"
    assert sorted(path.name for path in folder.iterdir()) == ["paper (2).pdf", "paper.pdf"]
    assert all(path.read_bytes() == paper.read_bytes() for path in folder.iterdir())
