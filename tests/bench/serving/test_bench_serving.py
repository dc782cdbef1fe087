"""The benchmark's own parts: the open loop, what wrk prints, tables, the picture."""

from __future__ import annotations

import os
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from tests.bench.serving import figures, open_loop, peers, picture, saturation, server, workload
from tests.bench.serving.figures import Figures, Rounds
from tests.bench.serving.open_loop import OpenLoopError
from tests.bench.serving.peers import PEERS, PeerError

PRINTED = "  3012 requests in 2.00s, 451.93KB read\nRequests/sec:   1505.70\nTransfer/sec:    225.92KB\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    closing = False
    stalls = False
    status = 200

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if type(self).stalls:
            type(self).stalls = False
            time.sleep(0.5)
        self.send_response(self.status)
        self.send_header("Content-Length", "4")
        if self.closing:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"0.5\n")

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002 - the name in the standard library
        pass


class OneThread(socketserver.TCPServer):
    request_queue_size = 128


@contextmanager
def answering(handler: type[Handler]) -> Iterator[int]:
    with OneThread(("127.0.0.1", 0), handler) as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield listener.server_address[1]
        finally:
            listener.shutdown()
            thread.join()


REQUEST = open_loop.request("/invocations", "text/csv", b"1,2\n")


def test_every_request_due_is_answered_on_connections_that_close() -> None:
    with answering(type("Closing", (Handler,), {"closing": True})) as port:
        taken = open_loop.latencies(port, REQUEST, rate=100, seconds=0.5)
    assert len(taken) == 50
    assert 0 < np.median(taken) < 0.3


def test_a_stall_is_charged_for_all_who_wait() -> None:
    """Half a second's stall in one second: a client that waits for answers would see one slow request of many."""
    with answering(type("Stalling", (Handler,), {"closing": True, "stalls": True})) as port:
        taken = open_loop.latencies(port, REQUEST, rate=100, seconds=1)
    assert np.percentile(taken, 75) > 0.1
    assert taken.max() >= 0.5


def test_other_answers_than_200_end_the_measurement() -> None:
    failing = type("Failing", (Handler,), {"closing": True, "status": 503})
    with answering(failing) as port, pytest.raises(OpenLoopError, match="503"):
        open_loop.latencies(port, REQUEST, rate=100, seconds=0.1)


def test_a_server_that_is_gone_ends_the_measurement() -> None:
    with answering(Handler) as port:
        pass
    with pytest.raises(OpenLoopError, match="takes no connection"):
        open_loop.latencies(port, REQUEST, rate=100, seconds=0.1)


def test_requests_come_at_the_rate_asked_for() -> None:
    due = open_loop.arrivals(500, 20)
    assert len(due) == 10_000
    assert due[-1] == pytest.approx(20, rel=0.05)
    assert np.array_equal(due, open_loop.arrivals(500, 20))


def test_what_wrk_prints() -> None:
    assert saturation.parse(PRINTED, "a peer") == 1505.7
    for text in ("", PRINTED + "  Non-2xx or 3xx responses: 7\n", "unable to connect\n", "Requests/sec:      0.00\n"):
        with pytest.raises(PeerError, match="wrk and a peer"):
            saturation.parse(text, "a peer")


def test_forms_ask_for_the_same_rows_and_read_the_same_answers() -> None:
    csv, values = b"1.5,-2\n3,4\n", [0.25, 0.75]
    answers = {
        workload.CSV: b"0.25\n0.75\n",
        workload.TEXT: b"0.25\n0.75\n",
        workload.WRAPPED: b"0.25\n0.75\n",
        workload.V1: b'{"predictions": [0.25, 0.75]}',
        workload.V2: b'{"outputs": [{"shape": [2], "data": [0.25, 0.75]}]}',
    }
    load = workload.Workload(Path(), {2: csv}, {2: np.array(values, dtype=np.float32)})
    for form, answer in answers.items():
        assert form.values(answer).tolist() == values
        assert load.check(2, form, answer) is None
        assert load.check(2, form, answer.replace(b"0.25", b"0.35")) is not None
        assert load.check(2, form, b"{}") is not None
    assert b'"shape": [2, 2]' in workload.V2.body(csv)
    assert workload.V1.body(csv) == b'{"instances": [[1.5, -2.0], [3.0, 4.0]]}'


def test_the_baseline_is_always_chosen_and_unknown_names_are_refused() -> None:
    assert [peer.name for peer in peers.choose("ours")] == ["ours", "baseline"]
    assert peers.choose("") == PEERS
    with pytest.raises(PeerError, match="no peer is called tomcat"):
        peers.choose("ours,tomcat")


def test_every_peer_has_its_sample_and_its_pins() -> None:
    for peer in PEERS:
        assert not peer.requirements or (peers.SAMPLES / f"{peer.requirements}.txt").is_file()
        modules = [word.partition(":")[0] for word in peer.command if ":app" in word or ":Trees" in word]
        files = [Path(word) for word in peer.command if word.endswith(".py")]
        assert all(path.is_file() for path in [*files, *(peers.SAMPLES / f"{module}.py" for module in modules)])


def test_memory_is_that_of_the_whole_tree() -> None:
    assert server.megabytes(os.getpid()) > 10


@pytest.fixture
def found() -> Figures:
    rounds = Rounds()
    ours, baseline, other = PEERS[0], PEERS[1], PEERS[2]
    for peer, scale in ((ours, 4.0), (baseline, 1.0)):
        for metric in figures.METRICS:
            for value in (90.0, 100.0, 1000.0):
                rounds.add(peer, metric, value * scale)
    reasons = {other.name: "it <ended> with 1"}
    return Figures((ours, baseline, other), rounds.medians(), reasons, {1: 79e-6, 1000: 782e-6}, "Today, here.")


def test_tables_show_medians_ratios_and_reasons(found: Figures) -> None:
    text, table = figures.text(found), figures.markdown(found)
    for shown in (text, table):
        assert "400 (4.00)" in shown
        assert "100.00 (1.00)" in shown
        assert "Not measured: it <ended> with 1" in shown
        assert "79 µs for 1 and 782 µs for 1,000 rows" in shown
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {len(figures.METRICS) + 2}
    assert len(rows) == 5


def test_the_table_goes_between_the_markers(found: Figures, tmp_path: Path) -> None:
    document = tmp_path / "README.md"
    document.write_text(f"Before\n{figures.BEGIN}\nold\n{figures.END}\nafter\n")
    for _ in range(2):
        figures.write(document, figures.markdown(found))
        assert document.read_text() == f"Before\n{figures.markdown(found)}\nafter\n"
    document.write_text("no markers")
    with pytest.raises(ValueError, match="has no lines"):
        figures.write(document, "")


def test_the_picture_has_a_bar_for_each_figure(found: Figures) -> None:
    root = ElementTree.fromstring(picture.draw(found))
    bars = [item for item in root.iter("{http://www.w3.org/2000/svg}rect") if item.get("class") in ("bar", "ours")]
    assert len(bars) == 10
    assert max(float(bar.get("width", 0)) for bar in bars) == 4 * min(float(bar.get("width", 0)) for bar in bars)
    assert any("could not be measured" in (item.text or "") for item in root.iter("{http://www.w3.org/2000/svg}text"))
