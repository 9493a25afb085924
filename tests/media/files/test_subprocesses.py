import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from media.files import subprocesses
from media.files.subprocesses import (
    Limits,
    ProgramCanceled,
    ProgramFailed,
    ProgramStalled,
    ask,
    ffmpeg_path,
    run_ffmpeg,
)
from tests.wait_until import PATIENCE_S

pytestmark = pytest.mark.slow

MIB = 1 << 20


def python(code):
    return [sys.executable, "-c", code]


def run(command, folder, **changes):
    limits = changes.pop("limits", Limits())
    given = {"progress": lambda _: None, "canceled": lambda: False} | changes
    return run_ffmpeg(command, limits=limits, folder=folder, **given)


def test_progress_is_reported_as_it_grows(tmp_path):
    code = (
        "import time\n"
        "for t in ('N/A', -20, 1500000, 3000000):\n"
        "    print(f'frame=1\\nout_time_us={t}\\nprogress=continue', flush=True)\n"
    )
    heard = []
    assert run(python(code), tmp_path, progress=heard.append).seconds == 3.0
    assert heard == [0.0, 0.0, 1.5, 3.0]


def test_end_of_the_error_output_is_saved(tmp_path):
    code = "import sys; sys.stderr.write('x' * 100_000 + 'the reason'); sys.exit(3)"
    with pytest.raises(ProgramFailed) as caught:
        run(python(code), tmp_path)
    assert caught.value.tail.endswith("the reason")
    assert len(caught.value.tail) < 10_000


def test_much_output_does_not_block_the_program(tmp_path):
    code = "import sys; sys.stderr.write('x' * 3_000_000); sys.stdout.write('y=1\\n' * 500_000)"
    assert run(python(code), tmp_path).seconds == 0


def test_program_without_progress_is_killed(tmp_path):
    code = "import time\nwhile 1: print('frame=7\\nprogress=continue', flush=True); time.sleep(.1)"
    with pytest.raises(ProgramStalled):
        run(python(code), tmp_path, limits=Limits(stall_seconds=0.6))


# longer than the stall limit, and that is long enough for a busy machine to start a Python
@pytest.mark.parametrize(
    "sign",
    [
        "print(f'total_size={n}\\nprogress=continue', flush=True)",
        "open('high.mp4', 'ab').write(b'x')",
    ],
)
def test_program_that_prints_or_writes_is_not_killed(tmp_path, sign):
    code = f"import time\nfor n in range(60): {sign}; time.sleep(.1)"
    run(python(code), tmp_path, limits=Limits(stall_seconds=4))


def test_canceled_program_is_killed(tmp_path):
    with pytest.raises(ProgramCanceled):
        run(python("import time; time.sleep(60)"), tmp_path, canceled=lambda: True)


def test_failing_progress_callback_leaves_nothing_running(tmp_path):
    code = (
        "import os, time; open('pid', 'w').write(str(os.getpid()))\n"
        "print('frame=1\\nprogress=continue', flush=True); time.sleep(60)"
    )

    def deaf(_):
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError, match="went away"):
        run(python(code), tmp_path, progress=deaf)
    assert gone(int((tmp_path / "pid").read_text()))


def test_memory_is_limited(tmp_path):
    with pytest.raises(ProgramFailed, match="MemoryError"):
        run(python("bytearray(600 << 20)"), tmp_path, limits=Limits(memory_bytes=400 * MIB))


def test_cpu_time_is_limited(tmp_path):
    limits = Limits(cpu_seconds=1, stall_seconds=PATIENCE_S)
    with pytest.raises(ProgramFailed, match="ended by signal"):
        run(python("while 1: pass"), tmp_path, limits=limits)


def test_file_size_is_limited(tmp_path):
    code = "open('big', 'wb').write(bytes(3 << 20))"
    with pytest.raises(ProgramFailed):
        run(python(code), tmp_path, limits=Limits(file_bytes=2 * MIB))
    assert (tmp_path / "big").stat().st_size <= 2 * MIB


def test_program_runs_nice_and_without_our_environment(monkeypatch):
    monkeypatch.setenv("CARREL_SECRET_KEY", "secret")
    monkeypatch.setenv("FFREPORT", "file=/tmp/report")
    code = "import os; print(os.nice(0), sorted(os.environ))"
    said = ask(python(code), limits=Limits(nice=10), seconds=PATIENCE_S).out
    assert said.startswith(f"{os.nice(0) + 10} ")
    assert "CARREL" not in said
    assert "FFREPORT" not in said


def test_slow_program_is_stopped_after_the_given_seconds():
    with pytest.raises(ProgramStalled):
        ask(python("import time; time.sleep(60)"), limits=Limits(), seconds=0.3)


def test_missing_program_fails(tmp_path):
    with pytest.raises(ProgramFailed):
        run(["/nowhere/ffmpeg"], tmp_path)


def gone(pid):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        if not Path(f"/proc/{pid}").exists():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_program_dies_with_its_killed_parent(tmp_path):
    parent = (
        "import sys; from pathlib import Path; from media.files.subprocesses import *\n"
        'code = \'import os, time; print(os.getpid(), file=open("pid", "w"), flush=True);\'\n'
        "run_ffmpeg([sys.executable, '-c', code + 'time.sleep(60)'], limits=Limits(),\n"
        f"    folder=Path({str(tmp_path)!r}), progress=print, canceled=lambda: False)\n"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        deadline = time.monotonic() + 60
        pid = tmp_path / "pid"
        while time.monotonic() < deadline and not (pid.exists() and pid.read_text().strip()):
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    assert gone(int(pid.read_text()))


def test_bundled_ffmpeg_is_used_if_the_system_has_none(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    subprocesses.ffmpeg_path.cache_clear()
    found = ffmpeg_path()
    subprocesses.ffmpeg_path.cache_clear()
    assert "imageio_ffmpeg" in found


def test_ffmpeg_without_our_encoders_is_skipped(monkeypatch, tmp_path):
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' V..... mpeg4  MPEG-4'\n")
    poor.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    subprocesses.ffmpeg_path.cache_clear()
    found = ffmpeg_path()
    subprocesses.ffmpeg_path.cache_clear()
    assert found != str(poor)
