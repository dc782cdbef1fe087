"""Media types are parsed, never compared: `Text/CSV; charset=utf-8; label_size=0` is text/csv.

Source: RFC 9110, sections 8.3 (media type) and 12.5.1 (Accept).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract.errors import UserError, show


@dataclass(frozen=True)
class MediaType:
    """`name` in lower case without blanks; `parameters` with lower-case keys and unquoted values."""

    name: str
    parameters: Mapping[str, str] = field(default_factory=dict)


def parse(text: str) -> MediaType:
    """Parse a Content-Type. Raises UserError (unsupported_content_type) where it has no name."""
    name, *rest = _split(text, ";")
    if not name.strip():
        raise UserError(
            f"content type {show(text)} has no name; expected one like 'text/csv'", code="unsupported_content_type"
        )
    parameters = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key.strip():
            parameters[key.strip().lower()] = _unquote(value.strip())
    return MediaType(name.strip().lower(), parameters)


def best(accept: str, offered: Sequence[str]) -> str | None:
    """The offered type that an Accept header prefers, the first offered among equals; None where none is acceptable.

    An empty header means anything; parts of it that name no type are passed over.
    """
    ranges = [_weighted(part) for part in _split(accept, ",") if part.partition(";")[0].strip()]
    if not ranges:
        return offered[0]
    weights = [(_weight(name, ranges), -place, name) for place, name in enumerate(offered)]
    weight, _, name = max(weights)
    return name if weight > 0 else None


def _weighted(text: str) -> tuple[str, float]:
    media = parse(text)
    try:
        weight = float(media.parameters.get("q", "1"))
    except ValueError:
        weight = 0.0
    return media.name, weight if 0 <= weight <= 1 else 0.0


def _weight(name: str, ranges: Sequence[tuple[str, float]]) -> float:
    """The weight of the most specific range that matches."""
    for pattern in (name, name.partition("/")[0] + "/*", "*/*"):
        for candidate, weight in ranges:
            if candidate == pattern:
                return weight
    return 0.0


def _split(text: str, separator: str) -> Iterator[str]:
    """Split outside double quotes."""
    start, quoted = 0, False
    for place, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif character == separator and not quoted:
            yield text[start:place]
            start = place + 1
    yield text[start:]


def _unquote(value: str) -> str:
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value
