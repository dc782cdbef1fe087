from __future__ import annotations

import pytest

from local_mode.conformance.secrets import kept, told


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("DB_PASSWORD=hunter2", "DB_PASSWORD"),
        ("RUN |1 PIP_TOKEN=abc123 /bin/sh -c pip install", "PIP_TOKEN"),
        ("aws_secret_access_key=abc", "aws_secret_access_key"),
        ("API_KEY=k", "API_KEY"),
        ("X=AKIA" + "ABCDEFGHIJKLMNOP", "an AWS access key"),
        ("INDEX=https://me:word@example.com/simple", "an address with a password in it"),
        ("KEY=-----BEGIN RSA PRIVATE KEY-----", "a private key"),
    ],
)
def test_secrets_are_named_and_not_shown(text: str, named: str) -> None:
    assert told([text], "the environment") == [f"the environment: {named}"]


@pytest.mark.parametrize(
    "text",
    [
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "PASSWORD=",
        "DB_PASSWORD_FILE=/run/secrets/password",
        "RUN echo TOKEN=$TOKEN",
        "TOKENIZERS_PARALLELISM=false",
        "INDEX=https://example.com/simple",
        "SECRETARY=x",
    ],
)
def test_what_is_none(text: str) -> None:
    assert told([text], "the environment") == []


def test_files_with_credentials() -> None:
    paths = ["/root/.aws/credentials", "/app/.env", "/app/env", "/root/.ssh/id_rsa", "/etc/credentials"]
    assert kept(paths) == ["/root/.aws/credentials", "/app/.env", "/root/.ssh/id_rsa"]
