"""Several hosts: threads that add their sums up, and two real processes with folders of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from safetensors.numpy import load

from contract.errors import UserError
from tests.training_scripts.bench import Bench
from tests.training_scripts.hosts import HOSTS, Hosts
from tests.training_scripts.linear_learner.conftest import text_of
from tests.training_scripts.linear_learner.hosts import group_of, together
from training_scripts import linear_learner
from training_scripts.fitted import Fitted
from training_scripts.linear_learner import newton, thresholds
from training_scripts.linear_learner.fit import run
from training_scripts.linear_learner.group import Group
from training_scripts.linear_learner.newton import Newton

if TYPE_CHECKING:
    from conftest import Programs

SMALL = {"mini_batch_size": "25", "epochs": "4", "num_models": "2"}
TASKS = {
    "numbers": SMALL | {"predictor_type": "regressor"},
    "two": SMALL | {"predictor_type": "binary_classifier", "positive_example_weight_mult": "balanced"},
    "three": SMALL | {"predictor_type": "multiclass_classifier", "num_classes": "3"},
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("optimizer", ["auto", "adam"])
@pytest.mark.parametrize("distribution", ["FullyReplicated", "ShardedByS3Key"])
@pytest.mark.parametrize("validated", [True, False])
def test_hosts_find_about_the_model_of_one(tmp_path, request, task, optimizer, distribution, validated):
    make = request.getfixturevalue(task)
    rows, held = make(300), make(120, seed=1)
    given = TASKS[task] | {"optimizer": optimizer, "epochs": "12"}
    alone = bench_of(tmp_path / "alone", rows, held if validated else None, "FullyReplicated").fit(given)

    def host(rank, total):
        share = held if distribution == "FullyReplicated" else held[rank::2]
        bench = bench_of(tmp_path / str(rank), rows[rank::2], share if validated else None, distribution)
        job, values = bench.job(given)
        group = group_of(2, rank, total)
        return bench, run(job.channels["train"], job.channels.get("validation"), values, job, group)

    (bench, fitted), (_, other) = together(2, host)
    assert other is None
    assert fitted.metrics.keys() == alone.metrics.keys()
    for name, value in alone.metrics.items():
        assert fitted.metrics[name] == pytest.approx(value, rel=0.1, abs=0.03), name
    assert load(bench.saved(fitted, "model.safetensors"))["weights"].shape[1] == rows.shape[1] - 1


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("optimizer", ["auto", "adam"])
@pytest.mark.parametrize("sampled", [True, False])
def test_hosts_that_go_on_find_the_unbroken_model_to_the_byte(tmp_path, request, monkeypatch, task, optimizer, sampled):
    if sampled:
        monkeypatch.setattr(newton, "SAMPLE_CELLS", 100)
        monkeypatch.setattr(newton, "SAMPLE_ROWS_A_FEATURE", 1)
        monkeypatch.setattr(newton, "GRAM_FEATURES_A_MODEL", 0)
    make = request.getfixturevalue(task)
    rows, held = make(300), make(120, seed=1)
    given = TASKS[task] | {"optimizer": optimizer, "epochs": "6", "early_stopping_patience": "9"}

    def fitted(base: Path, stop_at: int | None = None) -> tuple[Bench, list[int], Fitted]:
        def host(rank, total):
            bench = bench_of(base / str(rank), rows[rank::2], held, "FullyReplicated")
            job, values = bench.job(given, checkpoints=True)
            job.stop_at = stop_at if rank else None
            group = group_of(2, rank, total)
            return bench, job.steps, run(job.channels["train"], job.channels.get("validation"), values, job, group)

        return together(2, host)[0]

    bench, whole, unbroken = fitted(tmp_path / "unbroken")
    _, before, _ = fitted(tmp_path / "broken", stop_at=0)
    other, after, broken = fitted(tmp_path / "broken")
    assert before + after == whole
    assert after or len(whole) == 1  # one epoch may be all that second order takes
    assert other.saved(broken, "model.safetensors") == bench.saved(unbroken, "model.safetensors")
    assert broken.metrics == unbroken.metrics


def test_a_host_that_does_not_lead_copies_no_state(tmp_path, numbers, monkeypatch):
    copied = []
    monkeypatch.setattr(Newton, "state", lambda made: copied.append(made) or {})
    job, values = bench_of(tmp_path, numbers(100), None, "").job(TASKS["numbers"], checkpoints=True)
    assert run(job.channels["train"], None, values, job, Group(leads=False)) is None
    assert job.steps
    assert not copied


@pytest.mark.parametrize("validated", [True, False])
def test_num_calibration_samples_bounds_the_rows_of_all_hosts_together(tmp_path, two, monkeypatch, validated):
    rows, best, samples = two(200), thresholds.best, []

    def counting(scores, *others, **options):
        samples.append(len(scores))
        return best(scores, *others, **options)

    monkeypatch.setattr(thresholds, "best", counting)

    def host(rank, total):
        share = rows[rank::2]
        bench = bench_of(tmp_path / str(rank), share, share if validated else None, "ShardedByS3Key")
        job, values = bench.job(TASKS["two"] | {"num_calibration_samples": "50"})
        group = group_of(2, rank, total)
        return run(job.channels["train"], job.channels.get("validation"), values, job, group)

    together(2, host)
    assert samples == [50, 50]


@pytest.mark.parametrize("channel", ["validation", "test"])
def test_a_channel_without_rows_on_any_host_that_trains_is_refused(tmp_path, numbers, channel):
    rows = numbers(100)

    def host(rank, total):
        bench = bench_of(tmp_path / str(rank), rows[rank::2], rows, "ShardedByS3Key")
        bench.put("test", text_of(rows), S3DistributionType="ShardedByS3Key")
        (bench.base / "input" / "data" / channel / "part-0").unlink()
        several = {"hosts": ["a", "b", "c"], "current_host": "ab"[rank]}
        (bench.base / "input" / "config" / "resourceconfig.json").write_text(json.dumps(several))
        job, values = bench.job(TASKS["numbers"])
        with pytest.raises(UserError, match=f"No data in {channel} channel path on any host that trains"):
            run(job.channels["train"], job.channels["validation"], values, job, group_of(2, rank, total))
        return True

    assert together(2, host) == [True, True]


def bench_of(base: Path, rows, held, distribution: str) -> Bench:
    bench = Bench(base, linear_learner)
    bench.put("train", text_of(rows), S3DistributionType="ShardedByS3Key")
    if held is not None:
        bench.put("validation", text_of(held), S3DistributionType=distribution)
    return bench


@pytest.fixture
def hosts(programs: Programs) -> Hosts:
    return Hosts(programs, "linear_learner")


def test_two_hosts_train_one_model_and_the_leader_tells_and_writes_it(hosts, two):
    rows, held = two(400), two(100, seed=1)
    halves = (text_of(rows[:200]).encode(), text_of(rows[200:]).encode())
    ended = hosts.ended(halves, TASKS["two"], validation=text_of(held).encode())
    assert [code for code, _ in ended] == [0, 0], ended
    (_, leader), (_, other) = ended
    assert f"#quality_metric: host={HOSTS[0]}, epoch=0, validation binary_" in leader
    assert f"#validation_score ({HOSTS[0]}) : ('roc_auc_score', " in leader
    assert "#quality_metric" not in other
    assert "#metrics" not in other
    assert not any((hosts.base(HOSTS[1]) / "model").iterdir())
    assert not any((hosts.base(HOSTS[1]) / "checkpoints").iterdir())
    folder = hosts.base(HOSTS[0]) / "model"
    arrays = load((folder / "model.safetensors").read_bytes())
    threshold = json.loads((folder / "model.json").read_text())["details"]["threshold"]
    margins = held[:, 1:] @ arrays["weights"][0] + arrays["bias"]
    accuracy = ((1 / (1 + np.exp(-margins)) >= threshold) == (held[:, 0] == 1)).mean()
    told = json.loads((folder / "model.json").read_text())["metrics"]["validation-binary_classification_accuracy"]
    assert told == pytest.approx(accuracy, abs=0.02)


def test_a_host_without_data_is_left_out(hosts, numbers):
    text = text_of(numbers(200)).encode()
    ended = hosts.ended((b"", text), TASKS["numbers"], validation=text)
    assert [code for code, _ in ended] == [0, 0], ended
    assert f"Host {HOSTS[0]} has no data for every channel: it is left out of the training" in ended[0][1]
    assert (hosts.base(HOSTS[1]) / "model" / "model_algo-1").exists()
    assert not any((hosts.base(HOSTS[0]) / "model").iterdir())


def test_a_stop_of_one_host_stops_all_after_the_same_epoch(programs, hosts, numbers):
    rows = numbers(400)
    halves = (text_of(rows[:200]).encode(), text_of(rows[200:]).encode())
    given = TASKS["numbers"] | {"optimizer": "adam", "epochs": "1000000", "early_stopping_patience": "1000000"}
    processes = hosts.start(halves, given, validation=text_of(rows).encode())
    checkpoints = hosts.base(HOSTS[0]) / "checkpoints"
    programs.wait_until(lambda: any(checkpoints.glob("linear_learner-checkpoint.*")), seconds=60)
    code, printed = programs.stop(processes[1])
    assert code == 0, printed
    code, printed = programs.finish(processes[0])
    assert code == 0, printed
    assert (hosts.base(HOSTS[0]) / "model" / "model.safetensors").exists()


def test_hosts_that_are_started_again_go_on_from_the_checkpoints(hosts, two):
    rows, held = two(400), two(100, seed=1)
    halves = (text_of(rows[:200]).encode(), text_of(rows[200:]).encode())
    given, held = TASKS["two"] | {"optimizer": "auto"}, text_of(held).encode()
    first = hosts.ended(halves, given, validation=held)
    assert [code for code, _ in first] == [0, 0], first
    leader = hosts.base(HOSTS[0])
    model = (leader / "model" / "model.safetensors").read_bytes()
    steps = sorted((leader / "checkpoints").glob("linear_learner-checkpoint.*"))
    assert len(steps) > 1
    steps[-1].unlink()
    again = hosts.ended(halves, given, validation=held)
    assert [code for code, _ in again] == [0, 0], again
    assert f"Checkpoint loaded from {steps[-2]}" in again[0][1]
    assert (leader / "model" / "model.safetensors").read_bytes() == model
