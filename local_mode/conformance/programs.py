"""Whether the kernel of a SageMaker instance would start what `docker run IMAGE word` names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local_mode.conformance.tree import Tree

MACHINES = {0x3E: "amd64", 0xB7: "arm64", 0x03: "386", 0x28: "arm", 0xF3: "riscv64", 0x16: "s390x", 0x15: "ppc64le"}
SHELLS = {"sh", "bash", "dash", "ash", "zsh", "ksh"}
INITS = {"tini", "tini-static", "dumb-init", "docker-init", "catatonit"}
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_ARGUMENTS = re.compile(r"\$[@*0-9]|\$\{[@*0-9]")


@dataclass(frozen=True)
class Launch:
    """How the image starts a program, as its configuration says."""

    entrypoint: tuple[str, ...]
    search: str
    directory: str

    @classmethod
    def of(cls, config: Mapping[str, object]) -> Launch:
        """From `Config` of `docker inspect`."""
        environment = dict(_pair(text) for text in _texts(config.get("Env")))
        return cls(
            tuple(_texts(config.get("Entrypoint"))),
            environment.get("PATH") or DEFAULT_PATH,
            str(config.get("WorkingDir") or "/"),
        )

    @property
    def swallows(self) -> str:
        """The script of an entry point in shell form that uses no argument; empty for any other."""
        shell = len(self.entrypoint) > 2 and posixpath.basename(self.entrypoint[0]) in SHELLS
        if not shell or self.entrypoint[1] not in ("-c", "-ec", "-lc"):
            return ""
        return "" if _ARGUMENTS.search(self.entrypoint[2]) else self.entrypoint[2]

    @property
    def init(self) -> str:
        """The name of the foreign init that is first, if one is."""
        name = posixpath.basename(self.entrypoint[0]) if self.entrypoint else ""
        return name if name in INITS else ""


def obstacle(tree: Tree, launch: Launch, word: str) -> str:
    """Why `docker run IMAGE word` starts nothing; empty where it starts something."""
    program = launch.entrypoint[0] if launch.entrypoint else word
    path = tree.which(program, launch.search, launch.directory)
    if path is None:
        elsewhere = [place for place in tree.entries if posixpath.basename(place) == program]
        near = f"; there is {elsewhere[0]}, which is not on PATH" if elsewhere else ""
        return f"{program!r} is not on the image's PATH ({launch.search}){near}"
    return unstartable(tree, launch, path)


def unstartable(tree: Tree, launch: Launch, path: str) -> str:
    """Why the kernel does not start this file; empty where it does."""
    entry = tree.entries[path]
    if not entry.executable:
        return f"{path} is not executable (mode {entry.mode & 0o7777:o})"
    if entry.head.startswith(b"\x7fELF"):
        machine = MACHINES.get(int.from_bytes(entry.head[18:20], "little"), "another machine")
        return "" if machine == "amd64" else f"{path} is a program for {machine} (exec format error on amd64)"
    if not entry.head.startswith(b"#!"):
        return f"{path} is neither a program nor a script that begins with #! (exec format error)"
    line = entry.head.split(b"\n", 1)[0]
    if line.endswith(b"\r"):
        return f"the first line of {path} ends in CR LF, so its interpreter is not found: {line!r}"
    return _without_interpreter(tree, launch, path, line[2:].decode("utf-8", "replace").split())


def _without_interpreter(tree: Tree, launch: Launch, path: str, words: Sequence[str]) -> str:
    if not words:
        return f"the first line of {path} names no interpreter"
    if tree.resolve(words[0]) is None:
        return f"the interpreter of {path} is not in the image: {words[0]}"
    named = [word for word in words[1:] if not word.startswith("-") and "=" not in word]
    by_env = posixpath.basename(words[0]) == "env" and named
    if by_env and tree.which(named[0], launch.search, launch.directory) is None:
        return f"the interpreter of {path} is not on the image's PATH: {named[0]}"
    return ""


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


def _texts(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []
