"""The sample's features: the lab's figures, and an encoder that outlives the process that fitted it."""

from __future__ import annotations

from pathlib import Path

import pytest

from local_mode.samples.claims import features

RECORDS = features.read()
TRAIN, TEST = features.split(RECORDS)
ENCODER = features.fit(TRAIN)


def test_rows_and_classes_are_the_labs() -> None:
    assert (len(TRAIN), len(TEST)) == (4000, 1000)
    assert (sum(features.labels(TRAIN)), sum(features.labels(TEST))) == (131, 33)


def test_there_are_59_columns_with_the_label() -> None:
    assert 1 + len(ENCODER.names) == 59
    assert len(ENCODER.transform(TEST[0])) == 58
    assert "policy_id" not in ENCODER.names


def test_none_is_text_and_an_empty_cell_is_missing() -> None:
    assert sum(record["authorities_contacted"] == "None" for record in RECORDS) == 1210
    assert "authorities_contacted_None" in ENCODER.names
    assert "collision_type_missing" in ENCODER.names
    assert not [name for name in ENCODER.names if name.endswith("_N/A")]


def test_a_claim_without_a_customer_stays(tmp_path: Path) -> None:
    (tmp_path / "claims.csv").write_text("policy_id,fraud\n1,0\n2,1\n")
    (tmp_path / "customers.csv").write_text("policy_id,age\n1,30\n")
    records = features.read(tmp_path)
    assert records == [{"policy_id": "1", "fraud": "0", "age": "30"}, {"policy_id": "2", "fraud": "1", "age": ""}]
    assert features.fit(records).transform(records[1]) == [30.0]


def test_the_encoder_is_kept_as_json(tmp_path: Path) -> None:
    ENCODER.save(tmp_path / "encoder.json")
    again = features.load(tmp_path / "encoder.json")
    assert [again.transform(record) for record in TEST] == [ENCODER.transform(record) for record in TEST]
    assert again.names == ENCODER.names


def test_one_raw_record_later_on() -> None:
    record = {**TEST[0], "customer_gender": "never seen", "customer_age": "", "injury_claim": "71600"}
    encoded = dict(zip(ENCODER.names, ENCODER.transform(record), strict=True))
    assert encoded["injury_claim"] == 71600
    assert encoded["customer_age"] == ENCODER.medians["customer_age"]
    assert [value for name, value in encoded.items() if name.startswith("customer_gender_")] == [0.0] * 4
    with pytest.raises(ValueError, match="column 'customer_age': 'old' is not a number"):
        ENCODER.transform({**record, "customer_age": "old"})


def test_lines_are_plain_csv() -> None:
    assert features.line([1.0, 0.5, 8913.668763178823]) == "1,0.5,8913.668763178823"
