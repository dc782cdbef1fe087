"""Every check there is, in the order in which they are tried."""

from __future__ import annotations

from collections.abc import Sequence

from contract.errors import UserError, show
from local_mode.conformance.check import Check
from local_mode.conformance.checks import image, labels, serving, serving_faults, training, training_faults

CHECKS: tuple[Check, ...] = (
    *image.CHECKS,
    *training.CHECKS,
    *training_faults.CHECKS,
    *serving.CHECKS,
    *labels.CHECKS,
    # Last, as its last check ends the endpoint.
    *serving_faults.CHECKS,
)


def select(only: Sequence[str]) -> tuple[Check, ...]:
    """The checks with these ids or in these groups; all, where none are named. Raises UserError for an unknown name."""
    known = {name for check in CHECKS for name in (check.id, check.id.partition(".")[0])}
    for name in only:
        if name not in known:
            raise UserError(f"check {show(name)} is unknown: --list prints all of them")
    chosen = set(only)
    return tuple(check for check in CHECKS if not chosen or {check.id, check.id.partition(".")[0]} & chosen)
