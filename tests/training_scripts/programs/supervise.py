"""Supervise a line of Python with a deadline of the test's: `supervise.py GRACE CODE`."""

from __future__ import annotations

import sys

from contract.paths import Paths
from training_scripts.train import Supervisor

sys.exit(Supervisor(Paths.of_environment(), grace=float(sys.argv[1])).run([sys.executable, "-c", sys.argv[2]]))
