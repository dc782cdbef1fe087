"""Secrets that an image gives to everybody who pulls it. What is found is named, never shown."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

_WORDS = r"SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|API_?KEY|ACCESS_KEY(?:_ID)?|PRIVATE_KEY"
_ASSIGNED = re.compile(rf"\b((?:\w*_)?(?:{_WORDS})(?:_\w*)?)=(?!\$|/|\s|\"\"|''|$)\S", re.IGNORECASE)
_VALUES = {
    "an AWS access key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
    "an address with a password in it": re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s:@$]+@", re.IGNORECASE),
}
_FILES = {".netrc", ".git-credentials", ".pypirc", ".env", "id_rsa", "id_ed25519", "id_ecdsa", "id_dsa"}
_PAIRS = {(".aws", "credentials"), (".docker", "config.json"), (".kube", "config")}


def told(texts: Iterable[str], where: str) -> list[str]:
    """What lines of the environment or of the history tell: `the environment: DB_PASSWORD`."""
    found = []
    for text in texts:
        found += [f"{where}: {match[1]}" for match in _ASSIGNED.finditer(text)]
        found += [f"{where}: {what}" for what, pattern in _VALUES.items() if pattern.search(text)]
    return list(dict.fromkeys(found))


def kept(paths: Iterable[str]) -> list[str]:
    """The files that hold credentials, by their names."""
    return [path for path in paths if _keeps(path)]


def _keeps(path: str) -> bool:
    folder, name = posixpath.split(path)
    return name in _FILES or (posixpath.basename(folder), name) in _PAIRS
