"""The command line, as values."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
from collections.abc import Iterable
from pathlib import Path

from containers.build.daemon import CHOICES
from contract.errors import UserError, show
from contract.limits import INVOCATION_SECONDS, PAYLOAD_BYTES
from local_mode.channel import Channel
from local_mode.deployment import AS_IN_THE_CLOUD, Clock
from local_mode.images import find
from local_mode.request import Request
from local_mode.training_job import OUTPUT

TOGETHER = "+"
"""Stands between the images of a pipeline, and between their models: no reference of an image has it."""


def parser() -> argparse.ArgumentParser:
    """Every option of the three commands. An option given as the empty text counts as not given."""
    top = argparse.ArgumentParser("python -m local_mode", description="Play SageMaker on this machine.")
    commands = top.add_subparsers(dest="command", required=True)
    _train(commands.add_parser("train", help="run one training job"))
    _serve(commands.add_parser("serve", help="run one endpoint until Ctrl-C"))
    _invoke(commands.add_parser("invoke", help="send one body to an endpoint"))
    return top


def request(given: argparse.Namespace) -> Request:
    """The training job that the options describe. Raises UserError for what does not fit the service's limits."""
    shorthand = [f"{name}={path}" for name in ("train", "validation") if (path := getattr(given, name))]
    channels = [Channel.parse(text) for text in [*shorthand, *filter(None, given.channel)]]
    if not channels and find(given.image).folder is not None:  # an image of others may need none
        raise UserError(
            f"there is nothing to train on: make train/{given.image} TRAIN=path/to/train.csv CONTENT_TYPE=text/csv "
            "(or --train PATH, or --channel NAME=PATH for each channel)"
        )
    if given.content_type:
        channels = [
            dataclasses.replace(channel, content_type=channel.content_type or given.content_type)
            for channel in channels
        ]
    return Request(
        image=given.image,
        channels=tuple(channels),
        hyperparameters=_hyperparameters(given),
        hosts=given.hosts,
        environment=pairs(given.env),
        checkpoints=given.checkpoints,
        max_runtime=given.max_runtime,
        isolated=given.network_isolation,
        name=given.name,
    )


def clock(given: argparse.Namespace) -> Clock:
    return dataclasses.replace(AS_IN_THE_CLOUD, startup=given.startup)


def pairs(texts: Iterable[str]) -> dict[str, str]:
    """`["a=1", "b=x=y"]` -> {"a": "1", "b": "x=y"}. Raises UserError for a text without `=`."""
    found = {}
    for text in filter(None, texts):
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise UserError(f"{show(text)} is not NAME=VALUE")
        found[name] = value
    return found


def models(given: argparse.Namespace) -> list[Path | None]:
    """`--model A+B`: one for each image of a pipeline, or None for each. Raises UserError for another count."""
    images = given.image.split(TOGETHER)
    if not given.model:
        return [None] * len(images)
    texts = given.model.split(TOGETHER) if len(images) > 1 else [given.model]
    if len(texts) != len(images):
        raise UserError(
            f"model {show(given.model)} for {show(given.image)}: expected {len(images)}, joined by {TOGETHER}"
        )
    return [_path(text) for text in texts]


def environments(given: argparse.Namespace) -> list[dict[str, str]]:
    """`--env NAME=VALUE` goes to each image of a pipeline, `--env 2:NAME=VALUE` to the second alone.

    Raises UserError as `pairs`, and for a place that no image has.
    """
    count = len(given.image.split(TOGETHER))
    found: list[dict[str, str]] = [{} for _ in range(count)]
    for name, value in pairs(given.env).items():
        place, colon, alone = name.partition(":")
        if not colon:
            for one in found:
                one.setdefault(name, value)
        elif place.isascii() and place.isdigit() and 1 <= int(place[:3]) <= count and alone:
            found[int(place) - 1][alone] = value
        else:
            raise UserError(f"{show(name)}: expected NAME, or a place from 1 to {count} like 1:NAME")
    return found


def _hyperparameters(given: argparse.Namespace) -> dict[str, str]:
    """From the file, over it the line of many, over both the single ones."""
    found: dict[str, str] = {}
    if given.hyperparameters_file:
        try:
            loaded = json.loads(given.hyperparameters_file.read_text())
        except (OSError, ValueError) as error:
            raise UserError(f"hyperparameters cannot be read: {error}") from error
        if not isinstance(loaded, dict):
            raise UserError(f"{given.hyperparameters_file} holds no JSON object of names and values")
        # As the SDK does it: strings as they are, anything else as JSON.
        found |= {name: value if isinstance(value, str) else json.dumps(value) for name, value in loaded.items()}
    try:
        several = shlex.split(given.hyperparameters)
    except ValueError as error:
        raise UserError(f"hyperparameters {show(given.hyperparameters)}: {error}") from error
    return found | pairs(several) | pairs(given.hyperparameter)


def _train(command: argparse.ArgumentParser) -> None:
    _common(command)
    add = command.add_argument
    add("--channel", action="append", default=[], metavar="NAME=PATH[;content_type=..;mode=..;distribution=..]")
    add("--train", default="", metavar="PATH", help="short for --channel train=PATH")
    add("--validation", default="", metavar="PATH", help="short for --channel validation=PATH")
    add("--content-type", default="", help="of every channel that names none of its own")
    add("--hyperparameter", action="append", default=[], metavar="NAME=VALUE")
    add("--hyperparameters", default="", metavar='"NAME=VALUE ..."', help="several at once")
    add("--hyperparameters-file", type=_path, default=None, metavar="JSON")
    add("--hosts", type=int, default=1)
    add("--checkpoints", type=_path, default=None, metavar="FOLDER", help="kept, and found again by the next job")
    add("--max-runtime", type=float, default=Request.max_runtime, metavar="SECONDS")
    add("--network-isolation", action="store_true", help="no way out of the job's network")
    add("--name", default="", help="of the job")
    add("--all-lines", action="store_true", help="show #metrics lines, too, of which the built-ins print many an epoch")


def _serve(command: argparse.ArgumentParser) -> None:
    _common(command)
    add = command.add_argument
    add(
        "--model", default="", metavar="PATH", help="model.tar.gz or a folder; else the newest job's; A+B of a pipeline"
    )
    add("--port", type=int, default=0, help="on 127.0.0.1; 0 takes a free one")
    add("--startup", type=float, default=AS_IN_THE_CLOUD.startup, metavar="SECONDS", help="until the first good ping")


def _invoke(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("file", nargs="?", default="-", help="the body; - is standard input")
    add("--endpoint", default="8080", metavar="URL|PORT")
    add("--content-type", default="text/csv")
    add("--accept", default="")
    add("--header", action="append", default=[], metavar="NAME=VALUE")
    add("--timeout", type=float, default=INVOCATION_SECONDS, metavar="SECONDS")
    add("--payload-bytes", type=int, default=PAYLOAD_BYTES, help="SageMaker's newer documents say 25 MB")


def _common(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("image", help="a folder under containers/, or an image reference; serve takes several, X+Y, as a pipeline")
    add("--engine", choices=CHOICES, default=None, help="default: ENGINE of the environment, or auto")
    add("--env", action="append", default=[], metavar="NAME=VALUE", help="into the container's environment")
    add("--output", type=lambda text: Path(text or OUTPUT), default=OUTPUT, metavar="FOLDER", help="where jobs lie")


def _path(text: str) -> Path | None:
    return Path(text) if text else None
