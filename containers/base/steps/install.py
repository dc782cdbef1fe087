"""Install an image's locked wheels without a network, cut them, compile them, list them.

`python install.py IMAGE WHEELS`: IMAGE is the folder with requirements.txt and cut.txt. pip itself is run from its
own wheel and never installed.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

if __name__ == "__main__":
    steps = Path(__file__).parent
    image, wheels = Path(sys.argv[1]), Path(sys.argv[2])
    (pip,) = wheels.glob("pip-*.whl")
    site = sysconfig.get_path("purelib")
    python = [sys.executable, "-B"]
    offline = ["--no-index", "--find-links", str(wheels), "--no-deps", "--require-hashes", "--only-binary=:all:"]
    quiet = ["--quiet", "--no-compile", "--no-cache-dir", "--root-user-action=ignore", "--disable-pip-version-check"]
    lock = ["--requirement", str(image / "requirements.txt")]
    for command in (
        [*python, f"{pip}/pip", "install", *offline, *quiet, *lock],
        [*python, str(steps / "cut.py"), str(steps / "wheels.txt"), site],
        [*python, str(steps / "cut.py"), str(image / "cut.txt"), site, "--strict"],
        [*python, str(steps / "compile.py"), site],
        [*python, str(steps / "sbom.py"), "/usr/share/sbom/image.cdx.json"],
    ):
        subprocess.run(command, check=True)
