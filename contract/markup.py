"""HTML and SVG as values that are escaped by construction: only this module makes a `Markup`.

What it writes is well-formed XML and valid HTML at once, so that a page can be checked by an XML parser.
"""

from __future__ import annotations

import re
from html import escape
from typing import NewType

Markup = NewType("Markup", str)

VOID = {"meta", "br", "wbr", "col"}
"""Elements of HTML that have no end tag."""
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML cannot hold in any form: control characters, lone surrogates."""


def text(value: object) -> Markup:
    """`str(value)`, escaped; characters that no page may hold become U+FFFD."""
    return Markup(escape(_ILLEGAL.sub("\ufffd", str(value)), quote=True))


def breakable(name: str) -> Markup:
    """`text(name)`, which may go on in the next line behind each of its underscores."""
    return Markup(element("wbr").join(text(part) for part in re.split("(?<=_)", name)))


def style(css: str) -> Markup:
    """A style element. `css` is ours: it is not escaped, and may hold neither `<` nor `&`."""
    if "<" in css or "&" in css:
        raise ValueError("a style sheet with < or & is not well-formed inside a page")
    return Markup(f"<style>{css}</style>")


def element(tag: str, /, *children: Markup, **attributes: object) -> Markup:
    """`<tag …>children</tag>`. `stroke_width=2` becomes stroke-width="2", `class_` class; None leaves one out.

    Floats are written with two decimals at most: a hundredth of a pixel.
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if tag in VOID:
        return Markup(f"<{tag}{written}/>")
    return Markup(f"<{tag}{written}>{''.join(children)}</{tag}>")


def _short(value: object) -> object:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
