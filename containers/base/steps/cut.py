"""Delete what a cut list names: `python cut.py LIST ROOT [--strict]`. Runs in the build, on the image's own Python."""

from __future__ import annotations

import fnmatch
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """One line of a cut list: `pattern` is matched against the whole relative path, `*` crossing folders."""

    text: str
    pattern: re.Pattern[str]
    keep: bool


def parse(text: str) -> tuple[Rule, ...]:
    """The rules of a list; blank lines and `#` comments are none."""
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    return tuple(_rule(line) for line in lines if line)


def cut(root: Path, rules: Sequence[Rule], *, strict: bool = False) -> int:
    """Delete below `root` what the last matching rule cuts, then empty folders of it; return the bytes freed.

    `strict`: a rule that matches nothing ends the build, so that no list outlives the release it was written for.
    """
    freed, used, emptied = 0, set(), set()
    for path in list(_files(root)):
        name = str(path.relative_to(root))
        matching = [rule for rule in rules if rule.pattern.match(name)]
        used.update(matching)
        if matching and not matching[-1].keep:
            freed += path.lstat().st_size
            path.unlink()
            emptied.add(path.parent)
    _remove_empty(emptied, root, rules)
    stale = [rule.text for rule in rules if rule not in used]
    if strict and stale:
        sys.exit(f"cut list: nothing matches {', '.join(stale)}: take the lines out or mend them")
    return freed


def _rule(line: str) -> Rule:
    return Rule(line, re.compile(fnmatch.translate(line.removeprefix("!"))), keep=line.startswith("!"))


def _files(root: Path) -> Iterator[Path]:
    """Files and links below `root`, on its own file system."""
    device = root.stat().st_dev
    for folder, subfolders, files in os.walk(root):
        here = Path(folder)
        yield from (here / name for name in files)
        yield from (here / name for name in subfolders if (here / name).is_symlink())
        subfolders[:] = [name for name in subfolders if (here / name).lstat().st_dev == device]


def _remove_empty(emptied: set[Path], root: Path, rules: Sequence[Rule]) -> None:
    """Folders that the rules emptied go too, but only those that a rule names: `var/log/*` leaves var/log itself."""
    candidates = {folder for path in emptied for folder in (path, *path.parents) if folder.is_relative_to(root)}
    for folder in sorted(candidates - {root}, reverse=True):
        name = str(folder.relative_to(root))
        if any(rule.pattern.match(name) and not rule.keep for rule in rules) and not any(folder.iterdir()):
            folder.rmdir()


if __name__ == "__main__":
    megabytes = cut(Path(sys.argv[2]), parse(Path(sys.argv[1]).read_text()), strict="--strict" in sys.argv) / 1e6
    sys.stdout.write(f"cut {megabytes:.0f} MB from {sys.argv[2]}\n")
