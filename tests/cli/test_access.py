"""Output files keep their modes, owners and links, and are safe from other users.

Other users may have planted links and folders where ours are expected; processes are
killed, and in a container the next one gets the same PID.
"""

from __future__ import annotations

import getpass
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shared import spread
from sklearn.dummy import DummyClassifier

from imbsuite.experiment import models

pytest.importorskip("dask.dataframe")
pytest.importorskip("fcntl")  # modes, owners and links are those of POSIX

ROOT = os.geteuid() == 0
SOMEBODY = 12345
SMOTED = ("--target", "ill", "--sampler", "smote")
MEASURED = ("--target", "ill", "--strategies", "nothing", "--folds", "2")
MEASURED += ("--repeats", "1")
# Every command that writes a file; "OUT" stands for its name.
COMMANDS = {
    "csv": ("resample", "in.csv", "OUT.csv", *SMOTED, "--force"),
    "parquet": ("resample", "in.csv", "OUT.parquet", *SMOTED, "--force"),
    "csv in parts": ("resample", "in.csv", "OUT.csv", *SMOTED, "--force"),
    "parquet in parts": ("resample", "in.csv", "OUT.parquet", *SMOTED, "--force"),
    "text": ("compare", "in.csv", *MEASURED, "--output", "OUT.txt"),
    "json": ("compare", "in.csv", *MEASURED, "--output", "OUT.json"),
    "report": ("compare", "in.csv", *MEASURED, "--report", "OUT.html"),
}
COMMANDS = {
    name: (*command, *(("--memory", "2GB") if "parts" in name else ()))
    for name, command in COMMANDS.items()
}
IN_PARTS = COMMANDS["parquet in parts"]


def output_of(command: tuple[str, ...]) -> Path:
    return Path(next(word for word in command if word.startswith("OUT")))


@pytest.fixture(autouse=True)
def temporary(tmp_path_factory, monkeypatch) -> Path:
    """Return a folder of temporary files that everybody can write to, like /tmp."""
    folder = tmp_path_factory.mktemp("temporary")
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


@pytest.fixture(autouse=True)
def table(monkeypatch) -> None:
    rng = np.random.default_rng(0)
    ill = np.arange(120) % 4 == 0
    pd.DataFrame({"age": rng.normal(size=120) + ill, "ill": ill * 1}).to_csv(
        "in.csv", index=False
    )
    light = {"light": DummyClassifier(strategy="prior")}
    monkeypatch.setattr(models, "default_models", lambda order: light)


@pytest.fixture
def umask():
    """Make new files readable by everybody."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def listing() -> set[str]:
    return {path.name for path in Path().iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# --- Replaced files ------------------------------------------------------------------


# By default, not every pair of command and mode: all commands keep modes alike.
@pytest.mark.parametrize(
    ("command", "kept"),
    spread(COMMANDS, {f"{m:o}": m for m in (0o600, 0o640, 0o444, 0o666)}, every=4),
)
def test_replaced_file_keeps_its_mode(run, umask, command, kept):
    out = output_of(command)
    out.write_text("old", encoding="utf-8")
    out.chmod(kept)
    assert run(*command)[0] == 0
    assert mode(out) == kept
    assert out.read_bytes() != b"old"


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_new_file_follows_the_umask(run, command):
    out = output_of(command)
    before = os.umask(0o027)
    try:
        assert run(*command)[0] == 0
    finally:
        os.umask(before)
    assert mode(out) == 0o640
    assert listing() == {"in.csv", out.name}


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_replaced_file_keeps_its_owner(run, command):
    out = output_of(command)
    out.touch()
    os.chown(out, SOMEBODY, SOMEBODY + 1)
    out.chmod(0o640)
    assert run(*command)[0] == 0
    assert (out.stat().st_uid, out.stat().st_gid) == (SOMEBODY, SOMEBODY + 1)
    assert mode(out) == 0o640


@pytest.mark.parametrize("command", [COMMANDS["csv"], COMMANDS["csv in parts"]])
def test_group_permissions_are_dropped_if_chown_fails(run, monkeypatch, command):
    def refuse(*_):
        raise PermissionError

    groups = {SOMEBODY} if ROOT else set(os.getgroups()) - {os.getegid()}
    if not groups:
        pytest.skip("this user has one group")
    out = output_of(command)
    out.touch()
    os.chown(out, -1, groups.pop())
    out.chmod(0o664)
    monkeypatch.setattr(os, "chown", refuse)
    assert run(*command)[0] == 0
    assert mode(out) == 0o604


@pytest.mark.parametrize(
    ("command", "there"), spread(COMMANDS, {"there": True, "not there": False})
)
def test_symlink_is_kept_and_its_target_is_written(run, command, there):
    out = output_of(command)
    target = Path("elsewhere", f"real{out.suffix}")
    target.parent.mkdir()
    if there:
        target.write_text("old", encoding="utf-8")
        target.chmod(0o600)
    Path("between").symlink_to(target)
    out.symlink_to("between")
    assert run(*command)[0] == 0
    assert out.is_symlink()
    assert Path("between").is_symlink()
    assert target.read_bytes() not in {b"old", b""}
    assert not there or mode(target) == 0o600
    assert listing() == {"in.csv", "elsewhere", "between", out.name}
    assert [path.name for path in target.parent.iterdir()] == [target.name]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_circular_symlinks_are_rejected(run, command):
    out = output_of(command)
    out.symlink_to("other")
    Path("other").symlink_to(out)
    code, _, err = run(*command)
    assert code == 1
    assert f"cannot write {out}: Too many levels of symbolic links" in err
    assert out.is_symlink()


@pytest.mark.skipif(not ROOT, reason="only root gives links away")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_symlink_of_another_user_in_a_shared_folder_is_rejected(run, command):
    out = output_of(command)
    mine = Path("mine")
    out.symlink_to(mine)
    os.lchown(out, SOMEBODY, SOMEBODY)
    Path().chmod(0o1777)
    code, _, err = run(*command)
    assert code == 1
    assert f"cannot write {out}: it is a symbolic link of another user" in err
    assert not mine.exists()


def test_replaced_directory_keeps_its_mode_and_those_of_its_files(run, umask):
    command = [word.replace("OUT.parquet", "OUT") for word in IN_PARTS]
    assert run(*command)[0] == 0
    assert mode(Path("OUT")) == 0o755
    assert {mode(path) for path in Path("OUT").iterdir()} == {0o644}
    Path("OUT").chmod(0o2750)
    next(Path("OUT").iterdir()).chmod(0o600)
    Path("OUT").rename("real")
    Path("OUT").symlink_to("real")
    assert run(*command)[0] == 0
    assert Path("OUT").is_symlink()
    assert mode(Path("real")) == 0o2750
    assert {mode(path) for path in Path("real").iterdir()} == {0o600}
    assert listing() == {"in.csv", "OUT", "real"}


# --- Planted files and folders -------------------------------------------------------


def old_lock_name(out: Path) -> str:
    """Return the name of the lock file of earlier versions."""
    from imbsuite._keys import digest

    return f"imbsuite-{getpass.getuser()}-{digest(str(out.resolve()))[:16]}.lock"


def test_temporary_folder_is_left_unchanged(run, temporary):
    victim = Path("victim")
    victim.write_text("precious", encoding="utf-8")
    (temporary / old_lock_name(output_of(IN_PARTS))).symlink_to(victim.resolve())
    before = set(temporary.iterdir())
    assert run(*IN_PARTS)[0] == 0
    assert victim.read_text(encoding="utf-8") == "precious"
    assert set(temporary.iterdir()) == before


def own_folder(temporary: Path) -> Path:
    return temporary / f"imbsuite-{os.geteuid()}"


def test_lock_is_created_in_a_private_folder(run, temporary, monkeypatch):
    from imbsuite.files.large import resample

    modes = []

    def look(*arguments):
        modes.extend((path.parent, mode(path), mode(path.parent)) for path in locks())
        return write(*arguments)

    def locks() -> list[Path]:
        return [path for path in temporary.rglob("*") if path.is_file()]

    write = resample._write
    monkeypatch.setattr(resample, "_write", look)
    own_folder(temporary).mkdir(mode=0o777)
    assert run(*IN_PARTS)[0] == 0
    assert modes == [(own_folder(temporary), 0o600, 0o700)]


@pytest.mark.parametrize("planted", ["link", "file", "folder of another user"])
def test_planted_lock_folder_is_rejected(run, temporary, planted):
    place, victim = own_folder(temporary), Path("victim")
    victim.mkdir()
    if planted == "link":
        place.symlink_to(victim.resolve())
    elif planted == "file":
        place.touch()
    elif not ROOT:
        pytest.skip("only root gives folders away")
    else:
        place.mkdir()
        os.chown(place, SOMEBODY, SOMEBODY)
    code, _, err = run(*IN_PARTS)
    assert code == 1
    assert str(place) in err
    assert err.count("\n") == 1
    assert not list(victim.iterdir())
    assert not place.is_dir() or not list(place.iterdir())


@pytest.mark.parametrize("planted", ["link", "folder of another user"])
def test_planted_folder_for_parts_is_not_used(run, planted):
    victim, folder = Path("victim"), Path(".OUT.parquet.0123456789ab.partial")
    victim.mkdir()
    if planted == "link":
        folder.symlink_to("victim")
    elif not ROOT:
        pytest.skip("only root gives folders away")
    else:
        folder.mkdir()
        os.chown(folder, SOMEBODY, SOMEBODY)
    assert run(*IN_PARTS)[0] == 0
    assert Path("OUT.parquet").is_file()
    assert victim.is_dir()
    assert not list(victim.iterdir())


@pytest.mark.parametrize("planted", ["link", "folder of another user"])
def test_planted_cache_folder_is_rejected(run, planted):
    # Files in the cache are unpickled.
    command = (*COMMANDS["text"], "--cache", "cache")
    assert run(*command)[0] == 0
    folder = Path("cache/imbsuite-compare")
    assert mode(folder) == 0o700
    if planted == "link":
        folder.rename("aside")
        folder.symlink_to(Path("aside").resolve())
    elif not ROOT:
        pytest.skip("only root gives folders away")
    else:
        os.chown(folder, SOMEBODY, SOMEBODY)
    code, _, err = run(*command)
    assert code == 1
    assert f"cannot use {folder} as a cache" in err


def test_user_without_a_name_can_write(run, monkeypatch):
    def nobody(*_):
        raise KeyError

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert run(*IN_PARTS)[0] == 0


# --- Killed processes ----------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_leftover_partial_files_are_removed(run, command):
    out = output_of(command)
    # The names that earlier versions and this one use; a PID may be in use again.
    for token in (os.getpid(), "0123456789abcdef"):
        Path(f".{out.name}.{token}.partial").touch()
    Path(f".{out.name}.letter").touch()
    assert run(*command)[0] == 0
    assert out.exists()
    left = {path for path in listing() if path.startswith(".")}
    if "--memory" not in command:
        assert left == {f".{out.name}.letter"}


LINGERING = """
import sys, time
from imbsuite import cli
import imbsuite.{module} as module

def linger(*arguments, **options):
    print("at work", flush=True)
    time.sleep(60)

module.{name} = linger
sys.exit(cli.main(sys.argv[1:]))
"""


def at_work(command, module: str, name: str) -> subprocess.Popen:
    """Start a command that keeps working for a minute."""
    code = LINGERING.format(module=module, name=name)
    process = subprocess.Popen(
        [sys.executable, "-c", code, *command], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "at work\n"
    return process


@pytest.mark.parametrize(
    ("command", "module", "name"),
    [
        (IN_PARTS, "files.large.resample", "_write"),
        # The next test covers writing one file, and starting a process takes seconds.
        *(
            pytest.param(*work, marks=pytest.mark.slow)
            for work in (
                (COMMANDS["csv"], "files.verbatim", "write_verbatim"),
                (COMMANDS["text"], "explore.with_options", "compare_with"),
            )
        ),
    ],
)
def test_run_after_a_killed_one_leaves_only_its_output(
    run, umask, temporary, command, module, name
):
    before, out = listing(), output_of(command)
    out.touch(0o600)
    with at_work(command, module, name) as process:
        partials = listing() - {*before, out.name}
        assert partials
        # A partial file is readable only by those who may read the file it replaces.
        assert not any(mode(Path(partial)) & 0o077 for partial in partials)
        process.send_signal(signal.SIGKILL)
    assert out.read_bytes() == b""
    assert run(*command)[0] == 0
    assert listing() == {*before, out.name}
    assert not list(temporary.iterdir())


def test_partial_file_is_removed_only_after_its_process_ended(run):
    command = COMMANDS["csv"]
    before, out = listing(), output_of(command)
    out.touch(0o600)
    with at_work(command, "files.verbatim", "write_verbatim") as process:
        (partial,) = listing() - {*before, out.name}
        assert not mode(Path(partial)) & 0o077
        assert run(*command)[0] == 0
        assert listing() == {*before, "OUT.csv", partial}
        process.send_signal(signal.SIGKILL)
    assert listing() == {*before, "OUT.csv", partial}
    assert run(*command)[0] == 0
    assert listing() == {*before, "OUT.csv"}


# By default, tests/files covers two runs in one process: a second one starts slowly.
@pytest.mark.slow
def test_second_run_writing_the_same_output_in_parts_is_rejected(run):
    before = listing()
    Path("link.parquet").symlink_to("OUT.parquet")
    others = [word.replace("OUT", "link") for word in IN_PARTS]
    with at_work(IN_PARTS, "files.large.resample", "_write") as process:
        for command in (IN_PARTS, others):
            code, _, err = run(*command)
            assert code == 1
            assert (
                f"another run is writing {command[2]}; wait until it has finished"
                in err
            )
        process.send_signal(signal.SIGINT)
    assert run(*others)[0] == 0
    assert listing() == {*before, "OUT.parquet", "link.parquet"}


def test_lock_is_held_by_one_thread_at_a_time(temporary):
    # One thread unlocks and removes the file while others have it open.
    from imbsuite._private import locked

    inside, most, held = 0, 0, 0
    ended = time.monotonic() + 0.5

    def contend() -> None:
        nonlocal inside, most, held
        while time.monotonic() < ended:
            try:
                with locked(temporary / "folder" / "of.lock"):
                    inside += 1
                    most, held = max(most, inside), held + 1
                    time.sleep(0)
                    inside -= 1
            except BlockingIOError:
                continue

    threads = [threading.Thread(target=contend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert held > 10
    assert not list(temporary.iterdir())
