from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract.errors import UserError
from local_mode.conformance import arguments, catalogue, cli, samples
from local_mode.conformance.check import Severity

ROOT = Path(__file__).parents[3]


def test_every_check_says_all_that_a_report_needs() -> None:
    names = [check.id for check in catalogue.CHECKS]
    assert len(set(names)) == len(names)
    for check in catalogue.CHECKS:
        assert re.fullmatch(r"(image|training|serving)\.[a-z0-9-]+", check.id)
        assert all((check.title, check.rule, check.source, check.mend))
        assert check.rule.endswith((".", "'.")), check.rule


def test_checks_are_chosen_by_id_or_group() -> None:
    assert [check.id for check in catalogue.select(["image.size", "image.user"])] == ["image.user", "image.size"]
    assert {check.id.partition(".")[0] for check in catalogue.select(["image", "training"])} == {"image", "training"}
    assert catalogue.select([]) == catalogue.CHECKS
    with pytest.raises(UserError, match=r"check 'image\.nothing' is unknown: --list"):
        catalogue.select(["image.nothing"])


def test_list_prints_them_all(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--list"]) == 0
    said = capsys.readouterr().out
    assert all(check.id in said for check in catalogue.CHECKS)
    assert all(severity.value in said for severity in Severity)


def test_list_ends_quietly_where_nobody_reads_on() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        command = [sys.executable, "-m", "local_mode.conformance", "--list"]
        done = subprocess.run(command, cwd=ROOT, stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ([""], "which image? make check IMAGE=repo:tag"),
        (["x", "--model", "/no/such"], "'/no/such' does not exist"),
        (["x", "--train", "/no/such"], "channel train: '/no/such' does not exist"),
        (["x", "--hyperparameters", "a"], "'a' is not NAME=VALUE"),
        (["x", "--hyperparameters", "a='1"], "No closing quotation"),
    ],
)
def test_wrong_options_are_one_line(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_options_become_values(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1,2,3\n")
    argv = [
        "registry:5000/team/image:1",
        "--train",
        str(tmp_path),
        "--channel",
        f"extra={tmp_path};content_type=text/x",
    ]
    parsed = arguments.parser().parse_args([*argv, "--hyperparameters", "a=1 b='x y'", "--long", "a=9"])
    given = arguments.given(parsed)
    assert [(channel.name, channel.content_type) for channel in given.channels] == [
        ("train", "text/csv"),
        ("extra", "text/x"),
    ]
    assert (given.hyperparameters, given.long) == ({"a": "1", "b": "x y"}, {"a": "9"})
    assert arguments.folder(parsed, parsed.image) == Path("build/check/image-1")


def test_request_is_a_row_without_its_label(tmp_path: Path) -> None:
    (tmp_path / "empty.csv").touch()
    (tmp_path / "rows.csv").write_text(samples.table())
    label, _, row = samples.table().splitlines()[0].partition(",")
    assert label in ("0", "1")
    assert samples.request(tmp_path) == f"{row}\n".encode()
    assert samples.request(tmp_path, labels=False) == f"{label},{row}\n".encode()
    with pytest.raises(UserError, match="holds no row of csv"):
        samples.request(tmp_path / "empty.csv")
