"""The command line, as values."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

from contract.errors import UserError, show
from local_mode.arguments import pairs
from local_mode.channel import Channel
from local_mode.conformance.samples import CSV
from local_mode.conformance.subject import Given

OUTPUT = Path("build") / "check"


def parser() -> argparse.ArgumentParser:
    """Every option. An option given as the empty text counts as not given."""
    top = argparse.ArgumentParser(
        "python -m local_mode.conformance",
        description="Check that an image, anybody's, keeps SageMaker's container contract. "
        "Without --train it is given a small table as text/csv, the label (0 or 1) first.",
    )
    add = top.add_argument
    add("image", nargs="?", default="", help="a folder under containers/, or an image reference")
    add("--train", default="", metavar="PATH", help="short for --channel train=PATH")
    add("--channel", action="append", default=[], metavar="NAME=PATH[;content_type=..;mode=..]")
    add(
        "--content-type",
        default=CSV,
        help="of the channels, and of requests (default: %(default)s; text/csv;label_size=0 for rows without a label)",
    )
    add("--hyperparameters", default="", metavar='"NAME=VALUE ..."')
    add(
        "--long",
        default="",
        metavar='"NAME=VALUE ..."',
        help="hyperparameters with which training takes minutes, so that it can be stopped: num_round=100000",
    )
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="into every container's environment")
    add("--model", default="", metavar="PATH", help="model.tar.gz or a folder; else what the training leaves")
    add("--request", default="", metavar="FILE", help="a body to invoke with; else a row of the csv without its label")
    add("--only", nargs="+", default=[], metavar="CHECK", help="check ids, or groups: image training serving")
    add("--train-seconds", type=float, default=Given.train_seconds, metavar="SECONDS", help="limit of one training")
    add(
        "--startup-seconds",
        type=float,
        default=Given.startup_seconds,
        metavar="SECONDS",
        help="how long to wait for the first good ping (default: %(default)g, as SageMaker waits)",
    )
    add("--report", default="", metavar="FOLDER", help=f"default: {OUTPUT}/<image>")
    add("--list", action="store_true", help="print every check, its severity and rule, and end")
    return top


def given(parsed: argparse.Namespace) -> Given:
    """What the user gives. Raises UserError for a file that is not there, or a text that is no NAME=VALUE."""
    channels = [f"train={parsed.train}"] if parsed.train else []
    found = [Channel.parse(text) for text in [*channels, *filter(None, parsed.channel)]]
    return Given(
        channels=tuple(_typed(channel, parsed.content_type) for channel in found),
        content_type=parsed.content_type,
        hyperparameters=_several(parsed.hyperparameters),
        long=_several(parsed.long),
        environment=pairs(parsed.env),
        model=_there(parsed.model),
        request=_there(parsed.request),
        train_seconds=parsed.train_seconds,
        startup_seconds=parsed.startup_seconds,
    )


def folder(parsed: argparse.Namespace, reference: str) -> Path:
    """Where the report goes."""
    if parsed.report:
        return Path(parsed.report)
    return OUTPUT / re.sub(r"[^A-Za-z0-9._-]+", "-", reference.rpartition("/")[2])


def _typed(channel: Channel, content_type: str) -> Channel:
    """With the content type of all, where it has none of its own."""
    if channel.content_type:
        return channel
    return Channel(channel.name, channel.path, content_type, channel.input_mode, channel.distribution)


def _several(text: str) -> dict[str, str]:
    try:
        return pairs(shlex.split(text))
    except ValueError as error:
        raise UserError(f"hyperparameters {show(text)}: {error}") from error


def _there(text: str) -> Path | None:
    if text and not Path(text).exists():
        raise UserError(f"{show(text)} does not exist")
    return Path(text) if text else None
