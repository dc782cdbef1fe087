from __future__ import annotations

import pytest

from contract.errors import PlatformError, UserError
from local_mode.invocation import Limits, ModelError, invoke, passed


def test_only_the_headers_of_the_interface_get_through() -> None:
    given = {
        "Content-Type": "text/csv",
        "ACCEPT": "*/*",
        "X-Amzn-SageMaker-Custom-Attributes": "a=1",
        "X-Amzn-SageMaker-Inference-Id": "1",
        "Authorization": "secret",
        "Cookie": "secret",
        "X-Forwarded-For": "1.2.3.4",
    }
    assert passed(given) == {
        "content-type": "text/csv",
        "accept": "*/*",
        "x-amzn-sagemaker-custom-attributes": "a=1",
        "x-amzn-sagemaker-inference-id": "1",
    }


@pytest.mark.parametrize("attributes", ["x" * 1025, "é", "a\nb"])
def test_custom_attributes_are_short_visible_ascii(attributes: str) -> None:
    with pytest.raises(UserError, match="at most 1024 visible characters of ASCII"):
        passed({"X-Amzn-SageMaker-Custom-Attributes": attributes})


def test_body_over_the_limit_is_never_sent() -> None:
    with pytest.raises(UserError, match="the body has 6 bytes: at most 5") as caught:
        invoke("http://127.0.0.1:9", b"123456", {}, Limits(payload_bytes=5))
    assert caught.value.code == "payload_too_large"


def test_nobody_there() -> None:
    with pytest.raises(PlatformError, match=r"nothing answers at http://127\.0\.0\.1:9"):
        invoke("http://127.0.0.1:9", b"", {}, Limits())


def test_model_error_says_whose_fault_it_is() -> None:
    assert str(ModelError(400, "bad")) == 'Received client error (400) from primary with message "bad"'
    assert str(ModelError(503, "busy")).startswith("Received server error (503)")
