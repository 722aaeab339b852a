"""Hyper-parameters: an experiment, and the start and the end of its sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from nbviz.formats.items.item import Item, Source, counted, quoted
from nbviz.formats.protobuf import MalformedError, Message

# From tensorboard/plugins/hparams/plugin_data.proto and api.proto, with google/protobuf/struct.proto:
#
#     HParamsPluginData  version 1, one of experiment 2, session_start_info 3, session_end_info 4
#     Experiment         description 1, user 2, time_created_secs 3: double, hparam_infos 4, metric_infos 5, name 6
#     HParamInfo         name 1, display_name 2, description 3, type 4: enum, domain_discrete 5: ListValue,
#                        domain_interval 6: Interval (min 1, max 2: double)
#     MetricInfo         name 1: MetricName (group 1, tag 2), display_name 3, description 4, dataset_type 5: enum
#     SessionStartInfo   hparams 1: map of string to Value, model_uri 2, monitor_url 3, group_name 4,
#                        start_time_secs 5: double
#     SessionEndInfo     status 1: enum, end_time_secs 2: double
#     Value              null 1, number 2: double, string 3, bool 4, struct 5, list 6
_TYPES = {1: "string", 2: "bool", 3: "float"}
_DATASETS = {1: "training", 2: "validation"}
_STATUSES = {1: "success", 2: "failure", 3: "running"}

Setting: TypeAlias = float | str | bool | None


class HParamInfo(NamedTuple):
    """A hyper-parameter: its names, its type, and its domain, as values to choose from or as an interval."""

    name: str
    display_name: str
    description: str
    type: str
    choices: tuple[Setting, ...]
    interval: tuple[float, float] | None


class MetricInfo(NamedTuple):
    """A metric: the tag of its scalars, the run below the session's that has them, and its names."""

    tag: str
    group: str
    display_name: str
    description: str
    dataset: str


@dataclass(frozen=True, eq=False, repr=False)
class HParams(Item):
    """One event of the hparams plugin. What is not of its kind is empty.

    Attributes
    ----------
    step : int
    wall_time : float
        Seconds since the epoch.
    kind : str
        "experiment", "session start" or "session end"; empty if it is none of them.
    encoded : bytes
        The ``HParamsPluginData``.
    name, description : str
        Of an experiment.
    infos : tuple of HParamInfo
        Hyper-parameters of an experiment.
    metrics : tuple of MetricInfo
        Metrics of an experiment.
    hparams : dict of str to float, str, bool or None
        Hyper-parameters of a session, at its start.
    group_name : str
        Sessions with the same one are repetitions; at a session's start.
    status : str
        "success", "failure", "running" or "unknown"; at a session's end.
    time : float
        When the experiment was created, or the session started or ended; seconds since the epoch.
    """

    kind: Literal["experiment", "session start", "session end", ""]
    encoded: bytes
    name: str = ""
    description: str = ""
    infos: tuple[HParamInfo, ...] = ()
    metrics: tuple[MetricInfo, ...] = ()
    hparams: dict[str, Setting] | None = None
    group_name: str = ""
    status: str = ""
    time: float = 0.0

    def _about(self) -> str:
        if self.kind == "experiment":
            name = f"{quoted(self.name)} with " if self.name else ""
            return f"experiment, {name}{counted(len(self.infos), 'setting')} and {counted(len(self.metrics), 'metric')}"
        if self.kind == "session start":
            return f"session start, {quoted(self.hparams or {})}"
        return f"session end, {self.status}" if self.kind else "nothing that is known"


def decode_hparams(source: Source) -> HParams:
    """Decode what the plugin keeps in the metadata; its tensor is empty or missing."""
    encoded = source.plugin_content
    step, wall_time = source.step, source.wall_time
    about = Message(encoded)
    if about.has(2):
        experiment = about.message(2)
        return HParams(
            step,
            wall_time,
            "experiment",
            encoded,
            name=experiment.text(6),
            description=experiment.text(1),
            infos=tuple(_info(info) for info in experiment.messages(4)),
            metrics=tuple(_metric(info) for info in experiment.messages(5)),
            time=experiment.double(3),
        )
    if about.has(3):
        start = about.message(3)
        hparams = {entry.text(1): _setting(entry.message(2)) for entry in start.messages(1)}
        return HParams(
            step, wall_time, "session start", encoded, hparams=hparams, group_name=start.text(4), time=start.double(5)
        )
    if about.has(4):
        end = about.message(4)
        status = _STATUSES.get(end.integer(1), "unknown")
        return HParams(step, wall_time, "session end", encoded, status=status, time=end.double(2))
    return HParams(step, wall_time, "", encoded)


def _info(info: Message) -> HParamInfo:
    interval = (info.message(6).double(1), info.message(6).double(2)) if info.has(6) else None
    choices = tuple(_setting(value) for value in info.message(5).messages(1))
    return HParamInfo(info.text(1), info.text(2), info.text(3), _TYPES.get(info.integer(4), ""), choices, interval)


def _metric(info: Message) -> MetricInfo:
    name = info.message(1)
    return MetricInfo(name.text(2), name.text(1), info.text(3), info.text(4), _DATASETS.get(info.integer(5), ""))


def _setting(value: Message) -> Setting:
    if value.has(2):
        return value.double(2)
    if value.has(3):
        return value.text(3)
    if value.has(4):
        return bool(value.integer(4))
    if value.has(5) or value.has(6):
        raise MalformedError("a hyper-parameter is a list or a structure, and not one value")
    return None
