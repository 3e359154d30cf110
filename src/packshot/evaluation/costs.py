"""What a model costs: time and memory to draw, room on disk, time to train."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from packshot.artifact import ModelFolder

# In a process of its own, since memory once taken is seldom given back.
_DRAW = """
import json, sys, time
from pathlib import Path
from packshot.artifact import ModelFolder
from packshot.generation.generator import Generator
began = time.perf_counter()
generator = Generator(ModelFolder(Path(sys.argv[1])), threads=1)
generator.picture(sys.argv[2], 0)
first = time.perf_counter() - began
times = []
for seed in range(1, 17):
    began = time.perf_counter()
    generator.picture(sys.argv[2], seed)
    times.append(time.perf_counter() - began)
# Not ru_maxrss on Linux, which the process inherits from the larger one that started it.
try:
    status = Path("/proc/self/status").read_text()
    peak = 1024 * int(status.split("VmHWM:")[1].split()[0])
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({"first": first, "median": sorted(times)[8], "peak": peak}))
"""


def costs(model: ModelFolder, text: str) -> dict[str, Any]:
    """Measured on this machine, now.

    Returns:
        ``ms_per_image``: median of 16 pictures of one description, one at a time on one core; ``first_ms``: the first
        picture, loading included; ``peak_mb``: most memory of that process; ``drawing_mb``: the graphs that draw on
        disk; ``folder_mb``: the whole folder without its training state; ``training_minutes``: from the model's own
        record.
    """
    command = [sys.executable, "-c", _DRAW, str(model.path), text]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(ran.stdout.splitlines()[-1]) if ran.returncode == 0 else None
    return {
        "ms_per_image": 1000 * found["median"] if found else None,
        "first_ms": 1000 * found["first"] if found else None,
        "peak_mb": found["peak"] / 1e6 if found else None,
        "drawing_mb": sum(p.stat().st_size for p in (model.path / "graphs").glob("*")) / 1e6,
        "folder_mb": sum(p.stat().st_size for p in _files(model.path)) / 1e6,
        "training_minutes": model.config.training.seconds / 60,
    }


def _files(folder: Path) -> list[Path]:
    return [p for p in folder.rglob("*") if p.is_file() and "training" not in p.relative_to(folder).parts[:1]]
