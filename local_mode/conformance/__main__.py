from __future__ import annotations

import sys

from local_mode.conformance.cli import main

sys.exit(main())
