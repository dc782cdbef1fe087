from __future__ import annotations

from contract.errors import AlgorithmError, PlatformError, UserError, show


def test_exit_codes_tell_the_three_kinds_apart() -> None:
    assert (UserError.exit_code, AlgorithmError.exit_code, PlatformError.exit_code) == (1, 2, 3)


def test_text_begins_with_the_place() -> None:
    assert str(UserError("'x' is not a number", where="train/a.csv, line 3")) == (
        "train/a.csv, line 3: 'x' is not a number"
    )
    assert str(UserError("no data")) == "no data"


def test_show_cuts_a_long_value() -> None:
    assert show("abc") == "'abc'"
    assert len(show("a" * 10_000)) == 80
