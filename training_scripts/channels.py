"""Channels: which ones a job has, and the data behind each.

Source of the rules and of the quoted messages: SageMaker's XGBoost image, and the developer guide's "How Amazon
SageMaker Provides Training Information".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from contract import codecs, limits, media_type
from contract.codecs import text
from contract.dataset import Layout
from contract.environment import ChannelConfig, TrainingEnvironment
from contract.errors import SHOWN_CHARACTERS, UserError
from contract.media_type import MediaType
from contract.paths import Paths
from training_scripts import folder
from training_scripts.channel_data import ChannelData, Format, no_data
from training_scripts.logs import LOG

__all__ = ["ChannelData", "Rules", "no_data", "open_channels"]

SHORT_NAMES = {
    "csv": "text/csv",
    "libsvm": "text/libsvm",
    "parquet": "application/x-parquet",
    "recordio-protobuf": "application/x-recordio-protobuf",
}
"""Names that SageMaker's XGBoost image takes for content types, too."""
MODES = ("File", "FastFile", "Pipe")
DISTRIBUTIONS = ("FullyReplicated", "ShardedByS3Key")


@dataclass(frozen=True)
class Rules:
    """The channels an algorithm takes. Content types are full names ("text/csv")."""

    required: tuple[str, ...]
    optional: tuple[str, ...]
    content_types: tuple[str, ...]
    default_content_type: str
    ignored: tuple[str, ...] = ("code", "sm_drivers")
    """Channels that the SageMaker SDK adds for itself."""
    label_sizes: tuple[int, ...] = (1,)
    """What csv may say of its label columns. Where 0 is among them labels mean nothing to the algorithm: a column of
    them is passed over, and other formats' are not read."""
    short_names: Mapping[str, str] = field(default_factory=lambda: SHORT_NAMES)
    """Names that channels may give instead of a full content type."""

    @property
    def of_label_size(self) -> str:
        """What csv may say of its label columns, in words."""
        sizes = " or ".join(map(str, self.label_sizes))
        return f"label_size must be {sizes}" + (": the first column must be the label" if sizes == "1" else "")

    def content_type(self, config: ChannelConfig, first: ChannelConfig) -> str:
        """What a channel holds: what it says itself, or else what the `first` required one says, or the default.

        SageMaker's XGBoost image reads every channel as it reads `train`, so a job may name the type there alone.
        """
        return config.content_type or first.content_type or self.default_content_type


def open_channels(
    rules: Rules, environment: TrainingEnvironment, paths: Paths, layout: Callable[[str], Layout]
) -> dict[str, ChannelData]:
    """The data of every channel of the job that the algorithm reads, by name; none of it is read yet.

    Raises UserError for a channel that is missing, unknown, not configured as the algorithm can read it, or without
    data; a host that got no share of sharded data keeps an empty channel.
    """
    configs = {name: config for name, config in environment.channels.items() if name not in rules.ignored}
    _check_names(rules, configs)
    channels: dict[str, ChannelData] = {}
    for name in (*rules.required, *rules.optional):
        if name in configs:
            form = _format(rules, configs[name], configs[rules.required[0]], layout(name))
            channels[name] = _open(configs[name], form, paths, environment, channels.get("train"))
    _warn_of_same_files(channels)
    return channels


def _check_names(rules: Rules, configs: Mapping[str, ChannelConfig]) -> None:
    known = (*rules.required, *rules.optional)
    for name in configs:
        if name not in known:
            raise UserError(f"Extraneous channel found: {name}; the channels of this algorithm are {', '.join(known)}")
    for name in rules.required:
        if name not in configs:
            given = ", ".join(configs) or "none"
            raise UserError(f"Missing required channel: {name}; the job's channels are: {given}")
    if len(configs) > limits.CHANNEL_COUNT:
        raise UserError(f"{len(configs)} channels are given; SageMaker accepts at most {limits.CHANNEL_COUNT}")


def _format(rules: Rules, config: ChannelConfig, first: ChannelConfig, layout: Layout) -> Format:
    """How a channel's bytes are read. Raises UserError for a configuration that cannot be."""
    media = media_type.parse(rules.content_type(config, first))
    media = MediaType(rules.short_names.get(media.name, media.name), media.parameters)
    recordio, csv = (media.name == name for name in ("application/x-recordio-protobuf", "text/csv"))
    label_size = media.parameters.get("label_size", "1")
    checks = {
        f"ContentType must be one of {', '.join(rules.content_types)}": media.name in rules.content_types,
        "charset must be utf-8": not media.name.startswith("text/") or text.is_utf8(media.parameters),
        rules.of_label_size: label_size in map(str, rules.label_sizes),
        f"TrainingInputMode must be one of {', '.join(MODES)}": config.input_mode in MODES,
        f"S3DistributionType must be one of {', '.join(DISTRIBUTIONS)}": config.distribution in DISTRIBUTIONS,
        "RecordWrapperType must be None for this ContentType": config.record_wrapper == "None" or recordio,
        "CompressionType must be None or Gzip": config.compression in ("None", "Gzip"),
    }
    for rule, kept in checks.items():
        if not kept:
            raise UserError(
                f"Channel configuration for '{config.name}' channel is not supported: {_request(config)}: {rule}"
            )
    # Other formats have no weight column: where they carry weights, the weights have a place of their own.
    layout = replace(layout, weight=layout.weight and csv)
    if 0 in rules.label_sizes:
        layout = replace(layout, label=csv and label_size == "1")
    return Format(codecs.find(media), media, layout, given=config.content_type is not None)


def _request(config: ChannelConfig) -> str:
    fields = {
        "ContentType": config.content_type,
        "TrainingInputMode": config.input_mode,
        "S3DistributionType": config.distribution,
    }
    if config.record_wrapper != "None":
        fields["RecordWrapperType"] = config.record_wrapper
    return repr({name: value[:SHOWN_CHARACTERS] for name, value in fields.items() if value is not None})


def _open(
    config: ChannelConfig, form: Format, paths: Paths, environment: TrainingEnvironment, train: ChannelData | None
) -> ChannelData:
    root = paths.channel(config.name)
    alone = len(environment.hosts) == 1
    # A share of sparse rows may be narrower than the whole: only the whole can bound validation.
    reference = train if alone else None
    if config.piped:
        return ChannelData(config.name, root, form, piped=True, reference=reference)
    data = ChannelData(config.name, root, form, files=folder.files(config.name, root), reference=reference)
    if data.empty and (alone or not config.sharded):
        raise no_data(config.name, root)
    if data.empty:
        LOG.warning("Channel '%s' has no data on host %s", config.name, environment.current_host)
    return data


def _warn_of_same_files(channels: Mapping[str, ChannelData]) -> None:
    train = channels.get("train")
    for name, channel in channels.items():
        if train is not None and channel is not train and channel.same_as(train):
            LOG.warning("Channels 'train' and '%s' hold the same files: its metrics say nothing about new data", name)
