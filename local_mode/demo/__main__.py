"""`python -m local_mode.demo`."""

import sys

from local_mode.demo.cli import main

sys.exit(main())
