from __future__ import annotations

import pytest

from contract.errors import UserError
from contract.media_type import best, parse

OFFERED = ("text/csv", "application/json", "application/jsonlines")


@pytest.mark.parametrize("text", ["Text/CSV; charset=utf-8; label_size=0", " text/csv ;Label_Size=0;charset=utf-8;"])
def test_name_and_parameters_lose_case_and_blanks(text: str) -> None:
    media = parse(text)
    assert media.name == "text/csv"
    assert media.parameters == {"charset": "utf-8", "label_size": "0"}


def test_quoted_parameter_keeps_its_separators() -> None:
    assert parse('text/csv; header="a;b=c"').parameters == {"header": "a;b=c"}


@pytest.mark.parametrize("text", ["", "  ", "; charset=utf-8"])
def test_type_without_a_name_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="has no name") as caught:
        parse(text)
    assert caught.value.code == "unsupported_content_type"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("application/json, text/csv;q=0.5", "application/json"),
        ("application/json;q=0.2, text/csv;q=0.5", "text/csv"),
        ("application/*", "application/json"),
        ("*/*;q=0.1, application/jsonlines", "application/jsonlines"),
        ("text/csv;q=0, */*", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        ("image/png", None),
        ("text/csv;q=0", None),
        ("text/csv;q=many", None),
    ],
)
def test_best_follows_weights_then_specificity_then_order(accept: str, expected: str | None) -> None:
    assert best(accept, OFFERED) == expected
