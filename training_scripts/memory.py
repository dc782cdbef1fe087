"""Memory asked for before it is taken: numpy is given what there is not, and who writes to it is killed."""

from __future__ import annotations

from contract import resources
from contract.errors import UserError


def require(needed: int, what: str, instead: str, where: str = "") -> None:
    """Raise UserError where the `needed` bytes are more than the limit: `what` needs them, `instead` is the way out."""
    limit = resources.memory_bytes()
    if needed > limit:
        raise UserError(
            f"{what} needs about {needed // 2**20:,} MB; the limit is {limit // 2**20:,} MB: {instead}", where=where
        )
