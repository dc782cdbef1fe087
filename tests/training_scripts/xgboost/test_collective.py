"""Two hosts, each a real process, train one model or end together."""

from __future__ import annotations

import numpy as np
import pytest
import xgboost

from tests.training_scripts.hosts import HOSTS, Hosts

GIVEN = {"num_round": "5", "seed": "1", "subsample": "0.8", "nthread": "1", "eval_metric": "rmse,r2"}
ENDLESS = GIVEN | {"num_round": "1000000"}
SHARING = """
import sys
from contract.environment import TrainingEnvironment
from contract.paths import Paths
from training_scripts import collective
collective.PORT = int(sys.argv[1])
environment = TrainingEnvironment.read(Paths.of_environment())
with collective.joined(environment, has_data=True):
    for length in range(6):
        data = bytes(range(250, 250 + length)) if collective.leads() else b"of no interest"
        print(collective.shared(data).hex())
"""


@pytest.fixture
def hosts(programs):
    return Hosts(programs, "xgboost")


def _checkpoint(hosts: Hosts) -> bool:
    return any((hosts.base(HOSTS[0]) / "checkpoints").glob("xgboost-checkpoint.*"))


def _halves(text: str) -> tuple[bytes, bytes]:
    rows = text.encode().splitlines(keepends=True)
    return b"".join(rows[: len(rows) // 2]), b"".join(rows[len(rows) // 2 :])


def test_two_hosts_train_one_model_and_the_leader_writes_it(hosts, abalone, matrix):
    ended = hosts.ended(_halves(abalone.train), GIVEN)
    assert [code for code, _ in ended] == [0, 0], ended
    (_, leader), (_, other) = ended
    assert "Train matrix has 500 rows and 8 columns" in other
    assert "[4]\ttrain-rmse:" in leader
    assert "train-rmse:" not in other
    assert not any((hosts.base(HOSTS[1]) / "model").iterdir())
    assert not any((hosts.base(HOSTS[1]) / "checkpoints").iterdir())
    booster = xgboost.Booster(model_file=bytearray((hosts.base(HOSTS[0]) / "model" / "xgboost-model").read_bytes()))
    features, labels = matrix(abalone.train)
    error = booster.predict(xgboost.DMatrix(features)) - labels
    line = next(line for line in leader.splitlines() if line.startswith("[4]"))
    values = dict(cell.rsplit(":", 1) for cell in line.split("\t")[1:])
    assert float(values["train-rmse"]) == pytest.approx(np.sqrt(np.mean(error**2)), abs=1e-4)
    assert float(values["train-r2"]) == pytest.approx(1 - np.mean(error**2) / labels.var(), abs=1e-4)


@pytest.mark.parametrize("empty", [0, 1])
def test_a_host_without_data_is_left_out(hosts, abalone, empty):
    rows = abalone.train.encode()
    ended = hosts.ended((b"", rows) if empty == 0 else (rows, b""), GIVEN)
    assert [code for code, _ in ended] == [0, 0], ended
    assert f"Host {HOSTS[empty]} has no data for every channel: it is left out of the training" in ended[empty][1]
    assert (hosts.base(HOSTS[1 - empty]) / "model" / "xgboost-model").exists()
    assert not any((hosts.base(HOSTS[empty]) / "model").iterdir())


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_on_one_host_ends_all_and_each_says_its_own_without_a_trace(hosts, abalone, bad):
    shares = list(_halves(abalone.train))
    shares[bad] += b"x,1,2,3,4,5,6,7,8\n"
    ended = hosts.ended(tuple(shares), GIVEN)
    assert [code for code, _ in ended] == ([1, 3] if bad == 0 else [3, 1]), ended
    failures = [(hosts.base(host) / "output" / "failure").read_text() for host in HOSTS]
    assert failures[1 - bad].startswith("the hosts of the job lost each other: ")
    assert failures[bad].startswith(f"train/{HOSTS[bad]}.csv, line 501, column 1: 'x' is not a number")
    assert not [printed for _, printed in ended if "Traceback" in printed]


@pytest.mark.parametrize("lost", [0, 1])
def test_a_host_that_dies_ends_the_other(programs, hosts, abalone, lost):
    processes = hosts.start(_halves(abalone.train), ENDLESS)
    programs.wait_until(lambda: _checkpoint(hosts))
    processes[lost].kill()
    code, printed = programs.finish(processes[1 - lost])
    assert code == 3, printed
    failure = (hosts.base(HOSTS[1 - lost]) / "output" / "failure").read_text()
    assert failure.startswith("the hosts of the job lost each other: ")


def test_a_stop_of_one_host_stops_all_after_the_same_round(programs, hosts, abalone):
    processes = hosts.start(_halves(abalone.train), ENDLESS)
    programs.wait_until(lambda: _checkpoint(hosts))
    code, printed = programs.stop(processes[1])
    assert code == 0, printed
    code, printed = programs.finish(processes[0])
    assert code == 0, printed
    assert (hosts.base(HOSTS[0]) / "model" / "xgboost-model").exists()


def test_the_leaders_bytes_are_shared_whatever_their_number(programs):
    ended = Hosts(programs, "xgboost", program=SHARING).ended((b"", b""), {})
    expected = [bytes(range(250, 250 + length)).hex() for length in range(6)]
    for code, printed in ended:
        assert code == 0, printed
        assert [line for line in printed.split("\n")[:-1] if " " not in line] == expected, printed
