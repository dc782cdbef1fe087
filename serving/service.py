"""What answers invocations: the algorithm with its model, or the user's own code."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from serving import model
from serving.answers import Answer
from serving.handlers import script
from serving.invocation import Invocation
from serving.model import Model
from serving.predictions import Predictions, check_default
from serving.settings import Settings


class Service(Protocol):
    @property
    def model(self) -> Model | None:
        """The algorithm's model; None where the user's code has one that only it knows, or there may be several."""

    def count(self) -> int:
        """How many models can be invoked."""

    def check(self, invocation: Invocation) -> None:
        """Refuse by its headers what cannot be answered, before the body is read. Raises UserError."""

    def one_piece(self, invocation: Invocation) -> str:
        """Why a body of this kind is read whole, and so not larger than Settings.whole_bytes: a clause for the client.

        Empty where it may come as `Invocation.file`, of whatever size the endpoint takes.
        """

    def respond(self, invocation: Invocation) -> Answer:
        """Its `chunks` are computed as they are asked for. Raises UserError for whatever the client can mend."""

    def quick(self, invocation: Invocation) -> bool:
        """Whether the answer takes so little time that it need not be computed beside the event loop."""

    def try_out(self) -> None:
        """Answer once, before any request can: a native library that crashes does so here."""

    def set_threads(self, count: int) -> None:
        """Threads of the native library that an invocation may use; called once in each worker, after the fork."""


def load(algorithm: str, directory: Path, settings: Settings) -> Service:
    """Verify and load a model directory. Raises UserError of one line that says what is wrong with it."""
    if found := script.find(directory, settings):
        from serving.handlers import user_code  # what it needs is paid for where there is a script

        return user_code.load(found, algorithm, directory, settings)
    check_default(settings)
    return Predictions(model.load(algorithm, directory, settings), settings)
