from __future__ import annotations

from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode import request
from local_mode.channel import Channel
from local_mode.request import Request


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"hyperparameters": {str(number): "1" for number in range(101)}}, "101 hyperparameters are too many"),
        ({"hyperparameters": {"depth": 3}}, "'depth': 3 is not a string"),
        ({"hyperparameters": {"n" * 257: "1"}}, "its name is over 256 characters"),
        ({"hyperparameters": {"a": "v" * 2501}}, "is longer than 2500 characters"),
        ({"hosts": 0}, "0 hosts: accepted are 1 to 20"),
        ({"max_runtime": 0}, "is not above 0"),
        ({"environment": {str(number): "" for number in range(101)}}, "at most 100"),
        ({"name": "a_b"}, "job name 'a_b'"),
        ({"name": "a" * 64}, "job name"),
    ],
)
def test_limits_of_the_service_are_kept(fields: dict[str, object], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Request("image", (), **fields)  # type: ignore[arg-type] # wrong on purpose


def test_channels_are_few_and_have_names_of_their_own(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="a name stands twice"):
        Request("image", (Channel("train", tmp_path), Channel("train", tmp_path)))
    with pytest.raises(UserError, match="21 channels are too many: at most 20"):
        Request("image", tuple(Channel(f"c{number}", tmp_path) for number in range(21)))


def test_hosts_are_named_as_in_the_cloud() -> None:
    assert Request("image", (), hosts=2).host_names == ("algo-1", "algo-2")


@pytest.mark.parametrize("image", ["xgboost", "1.dkr.ecr/team/name_with.dots:1-2", "x" * 200])
def test_new_names_are_valid_job_names(image: str) -> None:
    assert request.NAME.fullmatch(request.new_name(image))


def test_arn_names_the_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-northeast-2")
    assert request.arn("job") == "arn:aws:sagemaker:ap-northeast-2:000000000000:training-job/job"
