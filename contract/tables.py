"""A declaration of hyperparameters and metrics as the tables of a README, kept between two markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from contract.errors import UserError
from contract.hyperparameters import Hyperparameter, declared
from contract.metric import Metric


def hyperparameters(cls: type) -> str:
    """A markdown table: the required ones, then the others, ours last; hidden ones left out."""
    shown = sorted((item for item in declared(cls) if not item.hidden), key=lambda item: (not item.required, item.ours))
    rows = ((_name(item), item.accepts, _default(item), _tunable(item), _meaning(item)) for item in shown)
    return _table(("hyperparameter", "accepted", "default", "tuning range", "meaning"), rows)


def metrics(declarations: Sequence[Metric]) -> str:
    """A markdown table: name, direction, and whether a tuning job may optimise it."""
    rows = ((f"`{item.name}`", item.direction, "yes" if item.objective else "no") for item in declarations)
    return _table(("metric", "direction", "tuning objective"), rows)


def rewrite(text: str, tables: Mapping[str, str]) -> str:
    """`text` with what stands between `<!-- NAME -->` and `<!-- /NAME -->` replaced, for every name of `tables`.

    Raises UserError where a marker is missing.
    """
    for name, table in tables.items():
        opening, closing = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = text.partition(opening)
        _, also_found, after = rest.partition(closing)
        if not (found and also_found):
            raise UserError(f"the document has no {opening} followed by {closing} to write the table between")
        text = f"{before}{opening}\n{table}\n{closing}{after}"
    return text


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _name(item: Hyperparameter) -> str:
    return " or ".join(f"`{name}`" for name in (item.name, *item.aliases))


def _default(item: Hyperparameter) -> str:
    if item.required:
        return "**required**"
    return item.library_default if item.default is None else str(item.default).lower()


def _tunable(item: Hyperparameter) -> str:
    if item.tunable is None:
        return ""
    if item.tunable.values:
        return " or ".join(item.tunable.values)
    return f"{item.tunable.minimum:g} to {item.tunable.maximum:g}"


def _meaning(item: Hyperparameter) -> str:
    return f"{item.meaning} *Ours, not in SageMaker's own image.*" if item.ours else item.meaning
