"""How long a start takes: `import tpo`, building a graph, and `tpo --help`.

make bench, or: python benchmarks/startup.py [--runs 10]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from statistics import median

STARTS = {
    "python, nothing else": ["-c", "pass"],
    "import tpo": ["-c", "import tpo"],
    "import tpo; tpo.Context": ["-c", "import tpo; tpo.Context"],
    "import tpo; tpo.build_tpo": ["-c", "import tpo; tpo.build_tpo"],
    "build and compile the graph": ["-c", "import tpo; tpo.build_tpo().compile()"],
    "tpo --help": ["-c", "from tpo.cli.app import main; main()", "--help"],
}


def timed(arguments: list[str], folder: str) -> float:
    """Return milliseconds of one start in a fresh interpreter."""
    start = time.perf_counter()
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=10)
    runs = parser.parse_args().runs
    floor = 0.0
    print(f"{'':34}{'median ms':>10}{'fastest':>10}{'over python':>13}")
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in STARTS.items():
            timed(arguments, folder)  # fills the disk cache
            spent = [timed(arguments, folder) for _ in range(runs)]
            floor = floor or median(spent)
            print(f"{name:34}{median(spent):10.0f}{min(spent):10.0f}{median(spent) - floor:13.0f}")


if __name__ == "__main__":
    main()
