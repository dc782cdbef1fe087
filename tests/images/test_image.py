"""What holds of every image, whatever its algorithm."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docker import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from containers.build import bootstrap, debian, images, wheels
from containers.build.image import PLATFORM, build

Run = Callable[..., Any]
"""The fixture `run`: gives the exit code and the output of a container."""
Start = Callable[..., Container]
pytestmark = pytest.mark.engine
START_SECONDS = 20.0
needs_arm = pytest.mark.skipif(
    not Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists(),
    reason="arm64 programs do not run here: no binfmt handler is registered for them",
)
WORDS = ("train", "serve", "hyperparameters", "schema")


@pytest.mark.parametrize("word", WORDS)
def test_words_are_executables_on_path(image: str, word: str, run: Run) -> None:
    done = run(image, "sh", "-c", f"test -x $(command -v {word}) && echo yes")
    assert (done.code, done.output) == (0, "yes\n")


@pytest.mark.parametrize("program", ["bash", "python", "python3"])
def test_any_program_on_path_runs(image: str, program: str, run: Run) -> None:
    assert run(image, program, "--version").code == 0


def test_bash_can_be_the_entry_point(image: str, run: Run) -> None:
    """As SDK v3 starts a training container."""
    done = run(image, "-c", "python -c 'print(6 * 7)'", entrypoint="bash")
    assert (done.code, done.output) == (0, "42\n")


@pytest.mark.parametrize("words", [["trian"], ["cd"], ["-x"], ["a b; ls"], [""], []], ids=repr)
def test_unknown_word_ends_with_127_and_one_line(image: str, words: list[str], run: Run) -> None:
    done = run(image, *words)
    assert done.code == 127
    assert done.output.count("\n") == 1
    assert all(word in done.output for word in WORDS)


def test_entry_point_becomes_the_program(image: str, run: Run) -> None:
    """PID 1 is what was asked for: signals reach it."""
    assert run(image, "python", "-c", "import os; print(os.getpid())").output == "1\n"


@pytest.mark.parametrize("user", ["0", "65534", "12345:6789"])
def test_runs_hardened_as_any_user(image: str, user: str, run: Run, hardened: dict[str, Any]) -> None:
    code = "import contract.errors, ctypes, ssl, pathlib; pathlib.Path('/tmp/x').touch(); print('ok')"
    # The base has no code of ours: images bring it.
    code = code if "base" not in image else code.replace("contract.errors, ", "")
    done = run(image, "python", "-c", code, user=user, **hardened)
    assert (done.code, done.output) == (0, "ok\n")


def test_everything_is_readable_by_any_user(image: str, run: Run) -> None:
    hidden = "find /opt /usr/local -xdev ! -perm -o=r ! -type l; find /opt /usr/local -xdev -type d ! -perm -o=x"
    assert run(image, "sh", "-c", hidden).output == ""


def test_no_setuid_file(image: str, run: Run) -> None:
    assert run(image, "find", "/", "-xdev", "-type", "f", "-perm", "/6000").output == ""


@pytest.mark.parametrize("program", ["gcc", "cc", "make", "git", "curl", "wget", "pip3", "perl5.36-x86_64-linux-gnu"])
def test_tools_of_the_build_are_gone(image: str, program: str, run: Run) -> None:
    assert run(image, program, "--version").code == 127


def test_pip_is_a_word_that_says_no(image: str, run: Run) -> None:
    """SDK v3 looks for the word before it runs anything; there is no pip behind it."""
    done = run(image, "pip", "install", "requests")
    assert (done.code, done.output.count("\n")) == (1, 1)
    assert "No module named pip" in run(image, "python", "-m", "pip").output


def test_no_cache_no_secret_no_repository(image: str, run: Run) -> None:
    names = ["__pycache__.*", "*.whl", ".cache", "*.deb", "*.orig", ".git", ".env", "pip.conf"]
    names += [".aws", ".docker", ".git-credentials", ".netrc", ".pypirc", ".ssh", "*.key", "id_rsa*"]
    tests = " -o ".join(f"-name '{name}'" for name in names)
    assert run(image, "sh", "-c", f"find / -xdev \\( {tests} \\) -print; ls -A /root/.cache 2>/dev/null").output == ""


def test_no_file_holds_a_private_key(image: str, run: Run) -> None:
    search = "grep --recursive --binary-files=without-match --files-with-matches"
    key = "-----BEGIN [A-Z ]*PRIVATE KEY"
    assert run(image, "sh", "-c", f"{search} -e '{key}' /opt /usr /etc /root /home /var").output == ""


def test_nothing_of_the_machine_that_built_it_is_told(image: str, docker_client: DockerClient) -> None:
    """No proxy, no address of an index, no secret in the environment or the history."""
    found = docker_client.images.get(image)
    told = [*found.attrs["Config"]["Env"], *(step["CreatedBy"] or "" for step in found.history())]
    assert [text for text in told if re.search(r"://|proxy|index_url|token|secret|passw|credential", text, re.I)] == []


def test_lists_and_caches_of_apt_are_gone(image: str, run: Run) -> None:
    assert run(image, "sh", "-c", "find /var/lib/apt/lists /var/cache/apt -type f 2>/dev/null").output == ""


def test_labels_are_true(image: str, docker_client: DockerClient, start: Start) -> None:
    """What works is claimed, and nothing else."""
    labels = docker_client.images.get(image).labels
    capabilities = {name.rpartition(".")[2] for name in labels if name.startswith("com.amazonaws.sagemaker")}
    works = {"accept-bind-to-port", "multi-models"} if serves_several_models(image, start) else {"accept-bind-to-port"}
    assert capabilities == works
    if "base" not in image:
        assert labels["org.opencontainers.image.version"] == images.version()
        assert f"{labels['org.opencontainers.image.title']}:{images.version()}" == image


def test_base_is_pinned(image: str, docker_client: DockerClient) -> None:
    labels = docker_client.images.get(image).labels
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", labels["org.opencontainers.image.base.digest"])


def test_entry_point_is_in_exec_form_for_the_clouds_platform(image: str, docker_client: DockerClient) -> None:
    found = docker_client.images.get(image)
    assert found.attrs["Config"]["Entrypoint"] == ["/usr/local/bin/entrypoint"]
    assert f"{found.attrs['Os']}/{found.attrs['Architecture']}" == PLATFORM


def test_few_layers(image: str, docker_client: DockerClient) -> None:
    assert len(docker_client.images.get(image).attrs["RootFS"]["Layers"]) <= 20


def test_clock_is_utc(image: str, run: Run) -> None:
    assert run(image, "date", "+%Z %z").output == "UTC +0000\n"


def test_bill_of_materials_is_what_is_installed(image: str, run: Run) -> None:
    bill = json.loads(run(image, "cat", "/usr/share/sbom/image.cdx.json").output)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    listed = {kind: set() for kind in ("pypi", "deb")}
    for component in bill["components"]:
        kind = re.match(r"pkg:(\w+)/", component["purl"])
        assert kind
        listed[kind[1]].add((component["name"], component["version"]))
    ask = (
        "import importlib.metadata as m, json, re; normal = lambda name: re.sub(r'[-_.]+', '-', name).lower();"
        "print(json.dumps([[normal(d.metadata['Name']), d.version] for d in m.distributions()]))"
    )
    assert listed["pypi"] == {(name, version) for name, version in json.loads(run(image, "python", "-c", ask).output)}
    debian = run(image, "dpkg-query", "--show", "--showformat", "${Package} ${Version}\\n").output
    assert listed["deb"] == {tuple(line.split()) for line in debian.splitlines()}


@pytest.mark.timeout(600)
def test_two_builds_hold_the_same_files(image: str, docker_client: DockerClient) -> None:
    name = image.removeprefix("sagemaker-").partition(":")[0]
    once = build(name, docker_client, reference=f"sagemaker-{name}:once")
    again = build(name, docker_client, reference=f"sagemaker-{name}:again", fresh=True)
    try:
        first, second = _tree(docker_client, once), _tree(docker_client, again)
    finally:
        for reference in (once, again):
            docker_client.images.remove(reference, force=True)
    assert {path for path in first.keys() | second.keys() if first.get(path) != second.get(path)} == set()


def test_wrong_hash_ends_the_build(image: str, run: Run, tmp_path: Path) -> None:
    """The build's own step, given a lock whose hashes are another file's."""
    name = image.removeprefix("sagemaker-").partition(":")[0]
    gathered = wheels.gather(name, PLATFORM)
    lock = (images.folder(name) / "requirements.txt").read_text()
    (tmp_path / "requirements.txt").write_text(re.sub(r"sha256:\w{8}", "sha256:00000000", lock))
    (tmp_path / "cut.txt").touch()
    mounts = [f"{images.folder(images.BASE) / 'steps'}:/mnt:ro", f"{tmp_path}:/srv:ro", f"{gathered}:/media:ro"]
    done = run(images.reference(images.BASE), "python", "/mnt/install.py", "/srv", "/media", volumes=mounts)
    assert done.code == 1
    assert "DO NOT MATCH THE HASHES" in done.output


@needs_arm
def test_base_for_arm_resolves() -> None:
    if obstacle := bootstrap.obstacle():
        pytest.skip(obstacle)
    program, *options = bootstrap.command(Path("/dev/null"), debian.packages(), "arm64")
    done = subprocess.run(
        [program, "--simulate", *options], env=bootstrap.environment(), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@needs_arm
def test_wheels_for_arm_resolve(image: str, tmp_path: Path) -> None:
    name = image.removeprefix("sagemaker-").partition(":")[0]
    for each in {images.BASE, name}:
        (tmp_path / "containers" / each).mkdir(parents=True)
        (tmp_path / "containers" / each / "requirements.txt").write_text(
            (images.folder(each) / "requirements.txt").read_text()
        )
    assert list(wheels.gather(name, "linux/arm64", tmp_path).glob("*.whl"))


def serves_several_models(image: str, start: Start) -> bool:
    """Whether the list of models is there where SageMaker asks for several, before any is loaded."""
    container = start(image, "serve", environment={"SAGEMAKER_MULTI_MODEL": "true"})
    ask = "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/models', timeout=2)"
    deadline = time.monotonic() + START_SECONDS
    while container.status in ("created", "running") and time.monotonic() < deadline:
        try:
            if container.exec_run(["python", "-c", ask]).exit_code == 0:
                return True
        except APIError:  # it ended
            return False
        time.sleep(0.2)
        container.reload()
    return False


def _tree(client: DockerClient, image: str) -> dict[str, tuple[str, int, str]]:
    """Every path of an image with its kind, mode, and content (sha256) or target."""
    container = client.containers.create(image, ["true"])
    try:
        with tempfile.TemporaryFile() as file:
            for chunk in container.export():
                file.write(chunk)
            file.seek(0)
            with tarfile.open(fileobj=file) as archive:
                return {entry.name: _entry(archive, entry) for entry in archive}
    finally:
        container.remove()


def _entry(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> tuple[str, int, str]:
    content = archive.extractfile(entry) if entry.isreg() else None
    told = hashlib.sha256(content.read()).hexdigest() if content else entry.linkname
    return entry.type.decode(), entry.mode, told
