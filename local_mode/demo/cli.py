"""`python -m local_mode.demo NAME`: what make demo and make demo/% stand on."""

from __future__ import annotations

import argparse
import importlib
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from rich.console import Console

from containers.build.daemon import CHOICES
from contract.errors import AlgorithmError, PlatformError, UserError
from local_mode import samples
from local_mode.demo.show import Rounds, Show
from local_mode.demo.stage import FOLDER, Stage
from local_mode.engine import choose
from local_mode.invocation import ModelError

NAMES = sorted(path.parent.name for path in Path(samples.__path__[0]).glob("*/__init__.py"))
"""Every sample has a demo of its name."""


class Demo(Protocol):
    """A module of this package with the name of a sample."""

    TITLE: str
    IMAGES: Sequence[str]
    """What has to be built."""

    def run(self, stage: Stage) -> bool:
        """Whether the result is the reference's. Raises UserError, AlgorithmError, PlatformError or ModelError."""


def find(name: str) -> Demo:
    """The demo of a sample."""
    return cast("Demo", importlib.import_module(f"local_mode.demo.{name}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it all; 0, 1 where the result is not the reference's, else the exit code of the error's kind."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, default="claims")
    parser.add_argument("--engine", choices=CHOICES, help="default: the environment's ENGINE, else auto")
    parser.add_argument("--images", action="store_true", help="print the images that it needs, and do no more")
    given = parser.parse_args(arguments)
    demo = find(given.name)
    if given.images:
        sys.stdout.write(" ".join(demo.IMAGES) + "\n")
        return 0
    show = Show(Console())
    try:
        return run(demo, show, given.engine, FOLDER / given.name)
    except (UserError, AlgorithmError, PlatformError) as error:
        show.fail(str(error))
        return error.exit_code
    except ModelError as error:
        show.fail(str(error))
        return AlgorithmError.exit_code
    except KeyboardInterrupt:
        show.console.print("\nstopped; everything is removed")
        return 128 + signal.SIGINT


def run(demo: Demo, show: Show, choice: str | None, folder: Path) -> int:
    """Run a demo on the engine of that name: 0, or 1 where its result is not the reference's."""
    started = time.monotonic()
    show.console.print(f"[bold]{demo.TITLE}[/]", soft_wrap=True)
    observer = Rounds(show)
    with choose(choice, progress=observer.progress) as engine:
        stage = Stage(show, engine, observer, folder)
        stage.clear()
        good = demo.run(stage)
    show.say(f"Everything is stopped and removed; the files stay in {folder}/")
    show.say(f"[bold]{time.monotonic() - started:.1f} s[/] in all")
    return 0 if good else 1
