"""Models that end, hang, grow or do not fit; and what is unloaded while it answers."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from serving.models.lifeline import DOOR
from serving.models.loaded import address

if TYPE_CHECKING:
    from conftest import Several

ROW = b"1,2,3,4\n"
SEGFAULT, KILL, SLEEP, GROW = (b"%d,2,3,4\n" % number for number in (911, 912, 913, 914))
"""What tests/serving/models/keep.py makes a model do. A long body is no quick one."""
LONG = 50_000
MEBIBYTE = 1 << 20


def start(several: Callable[..., Several], **wanted: object) -> Several:
    endpoint = several(faulty=True, **wanted)
    for name in ("a", "b"):
        assert endpoint.load(name).status_code == 200
    return endpoint


@pytest.mark.parametrize("rows", [1, LONG])
def test_crash_in_a_request_is_500_and_then_404(several: Callable[..., Several], rows: int) -> None:
    endpoint = start(several)
    endpoint.invoke("a")
    assert endpoint.invoke("a", SEGFAULT * rows).status_code == 500
    assert endpoint.invoke("a").status_code == 404
    assert endpoint.invoke("b").status_code == 200
    assert endpoint.names() == ["b"]
    assert endpoint.log.read_text().count("model a: ended by SIGSEGV") == 1
    assert endpoint.load("a").status_code == 200
    assert endpoint.invoke("a").status_code == 200


def test_kill_for_want_of_memory_is_507_and_then_404(several: Callable[..., Several]) -> None:
    endpoint = start(several)
    answer = endpoint.invoke("a", KILL)
    assert (answer.status_code, answer.json["message"]) == (507, "model a ran out of memory in this request")
    assert endpoint.invoke("a").status_code == 404
    assert endpoint.invoke("b").status_code == 200


def test_killed_while_idle_is_404_at_once(several: Callable[..., Several]) -> None:
    endpoint = start(several)
    endpoint.invoke("a")
    for process in endpoint.processes():
        os.kill(process, signal.SIGKILL)
    while endpoint.processes():
        time.sleep(0.01)
    assert [endpoint.invoke(name).status_code for name in ("a", "b")] == [404, 404]
    assert endpoint.names() == []


@pytest.mark.parametrize("rows", [1, LONG])
def test_prediction_that_does_not_end_is_ended(several: Callable[..., Several], rows: int) -> None:
    endpoint = start(several, seconds=1)
    started = time.monotonic()
    assert endpoint.invoke("a", SLEEP * rows).status_code == 500
    assert time.monotonic() - started < 1.9
    assert "model a: ended by SIGALRM" in endpoint.log.read_text()
    assert endpoint.invoke("b").status_code == 200


def test_long_request_does_not_hold_up_short_ones(several: Callable[..., Several]) -> None:
    endpoint = start(several)
    with ThreadPoolExecutor(1) as client:
        long = client.submit(endpoint.invoke, "a", SLEEP + ROW * LONG)
        time.sleep(0.3)
        for _ in range(20):
            assert endpoint.invoke("a").status_code == 200
        assert not long.done()
        assert long.result().data.count(b"\n") == LONG + 1


def test_unloading_answers_what_was_accepted(several: Callable[..., Several]) -> None:
    endpoint = start(several)
    with ThreadPoolExecutor(2) as clients:
        long = clients.submit(endpoint.invoke, "a", SLEEP + ROW * LONG)
        time.sleep(0.3)
        unloaded = clients.submit(endpoint.unload, "a")
        time.sleep(0.1)
        assert endpoint.invoke("a").status_code == 404
        assert endpoint.unload("a").status_code == 404
        assert not unloaded.done()
        assert endpoint.load("a").status_code == 200
        assert long.result().status_code == 200
        assert unloaded.result().status_code == 200
    assert endpoint.invoke("a").status_code == 200
    assert len(endpoint.processes()) == 2


def test_memory_is_free_before_the_answer(several: Callable[..., Several]) -> None:
    endpoint = start(several)
    before = endpoint.processes()
    endpoint.unload("a")
    after = endpoint.processes()
    assert len(after) == 1
    assert set(after) < set(before)
    gone = (set(before) - set(after)).pop()
    assert not Path(f"/proc/{gone}").exists()


def test_no_room_is_507_until_another_is_unloaded(several: Callable[..., Several]) -> None:
    endpoint = several(room=40 * MEBIBYTE)
    loaded, answer = 0, endpoint.load("m0")
    while answer.status_code == 200:
        loaded += 1
        assert loaded < 40
        answer = endpoint.load(f"m{loaded}")
    assert answer.status_code == 507
    assert answer.json["error"]["code"] == "out_of_memory"
    assert len(endpoint.names()) == loaded >= 3
    assert all(endpoint.invoke(name).status_code == 200 for name in endpoint.names())
    for name in ("m0", "m1"):  # the others have grown a little with their first request
        assert endpoint.unload(name).status_code == 200
    assert endpoint.load(f"m{loaded}").status_code == 200


def test_file_too_large_for_the_room_is_507_before_it_is_read(several: Callable[..., Several], base: Path) -> None:
    endpoint = several(room=100 * MEBIBYTE)
    directory = base / "models/large/model"
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "xgboost-model").open("wb") as file:
        file.truncate(2 << 30)
    answer = endpoint.load("large", str(directory))
    assert answer.status_code == 507
    assert "unload others first" in answer.json["message"]


def test_model_that_needs_more_while_it_loads_is_507_and_not_bad(
    several: Callable[..., Several], put: Callable[[bytes], str], trained: Any
) -> None:
    """JSON takes more than ten times its size while it loads, and next to nothing then."""
    document = json.loads(bytes(trained("binary:logistic").save_raw("json")))
    model = document["learner"]["gradient_booster"]["model"]
    count = 20_000
    trees = [model["trees"][0] | {"id": place} for place in range(count)]
    model |= {"trees": trees, "tree_info": [0] * count, "iteration_indptr": list(range(count + 1))}
    model["gbtree_model_param"]["num_trees"] = str(count)
    url = put(json.dumps(document).encode())
    answer = several(room=40 * MEBIBYTE).load("m", url)
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "out_of_memory")
    assert several(room=400 * MEBIBYTE).load("m", url).status_code == 200


def test_no_file_left_to_open_is_507_and_ends_nothing(several: Callable[..., Several]) -> None:
    endpoint = several(files=20)
    codes = [endpoint.load(str(place)).status_code for place in range(20)]
    loaded = codes.index(507)
    assert codes == [200] * loaded + [507] * (20 - loaded)
    assert "Too many open files" in endpoint.load("more").json["message"]
    assert all(endpoint.invoke(str(place)).status_code == 200 for place in range(loaded))
    for place in range(3):
        assert endpoint.unload(str(place)).status_code == 200
    assert endpoint.load("more").status_code == 200


@pytest.mark.parametrize("which", ["keeper", "model"])
def test_process_without_a_file_to_open_rests_and_goes_on(several: Callable[..., Several], which: str) -> None:
    endpoint = several(files=20)
    assert endpoint.load("a").status_code == 200
    process, path = endpoint.keeper, str(endpoint.models.directory / DOOR)
    if which == "model":
        process, path = endpoint.processes()[0], address(endpoint.models.directory, "a")
    with ExitStack() as stack:
        for _ in range(30):
            caller = stack.enter_context(socket.socket(socket.AF_UNIX))
            caller.connect(path)
        time.sleep(0.2)
        assert descriptors(process) == 20
        before = computed(process)
        time.sleep(1)
        assert computed(process) - before < 0.2
    assert endpoint.names() == ["a"]
    assert endpoint.invoke("a").status_code == 200
    assert endpoint.load("b").status_code == 200


def test_failure_in_the_keeper_is_500_and_ends_nothing(
    several: Callable[..., Several], monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = start(several)
    ask = endpoint.models.ask
    with monkeypatch.context() as patch:
        patch.setattr(endpoint.models, "ask", lambda wish, **more: ask(f"no {wish}", **more))
        answers = [endpoint.client.get("/models"), endpoint.load("c"), endpoint.unload("a")]
    assert [answer.status_code for answer in answers] == [500] * 3
    assert endpoint.log.read_text().count("KeyError: 'no ") == 3
    assert endpoint.names() == ["a", "b"]
    assert endpoint.invoke("a").status_code == 200


def test_model_that_grew_leaves_less_room(several: Callable[..., Several]) -> None:
    endpoint = start(several, room=60 * MEBIBYTE)
    before = endpoint.client.get("/models/a").json["memoryBytes"]
    assert endpoint.invoke("a", GROW).status_code == 200
    assert endpoint.client.get("/models/a").json["memoryBytes"] - before > 45 * MEBIBYTE
    assert endpoint.load("c").status_code == 507
    endpoint.unload("a")
    assert endpoint.load("c").status_code == 200


def test_loading_at_once_under_one_name_loads_once(several: Callable[..., Several]) -> None:
    endpoint = several()
    with ThreadPoolExecutor(4) as clients:
        codes = [answer.status_code for answer in clients.map(endpoint.load, ["m"] * 4)]
    assert sorted(codes) == [200, 409, 409, 409]
    assert len(endpoint.processes()) == 1


def test_hundred_models_cost_little_and_leave_nothing(several: Callable[..., Several]) -> None:
    endpoint = several()
    endpoint.load("first")
    endpoint.unload("first")
    time.sleep(0.1)  # the last caller is answered before its connection is closed
    before = descriptors(endpoint.keeper)
    with ThreadPoolExecutor(4) as clients:
        codes = [answer.status_code for answer in clients.map(endpoint.load, map(str, range(100)))]
    assert codes == [200] * 100
    assert all(endpoint.invoke(str(place)).status_code == 200 for place in range(100))
    costs = [private(process) for process in endpoint.processes()]
    assert len(costs) == 100
    assert np.median(costs) < 8 * MEBIBYTE
    for place in range(100):
        assert endpoint.unload(str(place)).status_code == 200
    assert endpoint.processes() == []
    time.sleep(0.1)
    assert descriptors(endpoint.keeper) == before
    assert [path.name for path in endpoint.models.directory.iterdir()] == ["keeper"]


def descriptors(process: int) -> int:
    return len(list(Path(f"/proc/{process}/fd").iterdir()))


def computed(process: int) -> float:
    """Seconds of a CPU that it has taken."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def private(process: int) -> int:
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) << 10
