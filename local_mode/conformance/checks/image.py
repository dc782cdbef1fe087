"""What the image itself says, read without running it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from docker.errors import APIError

from local_mode.conformance import programs, secrets
from local_mode.conformance.check import Check, ObstacleError, Outcome, Severity, count, failed, passed

if TYPE_CHECKING:
    from local_mode.conformance.subject import Subject

TRAINING = "SageMaker developer guide, 'Use Your Own Training Algorithms'"
HOSTING = "SageMaker developer guide, 'Use Your Own Inference Code'"
PLATFORM = "linux/amd64"
OCI = ("application/vnd.oci.image.manifest", "application/vnd.oci.image.index")
SERVERLESS_BYTES = 10 * 10**9
LISTED = 6
ROOT_USERS = ("", "root", "0")
OPT_ML = "/opt/ml"
TOOLKIT_CODE = "/opt/ml/code/"


def platform(subject: Subject) -> Outcome:
    found = f"{subject.attributes['Os']}/{subject.attributes['Architecture']}"
    return passed(found) if found == PLATFORM else failed(f"the image is for {found}")


def manifest(subject: Subject) -> Outcome:
    kind, where = _media_type(subject)
    if kind:
        said = f"{where}: {kind}"
        return failed(said) if kind.startswith(OCI) else passed(said)
    store = dict(subject.laboratory.client.info().get("DriverStatus") or [])
    if "containerd" in str(store.get("driver-type", "")):
        raise ObstacleError(
            "the image has not been pushed, and this engine keeps images as they were built; after the push, "
            "`docker buildx imagetools inspect IMAGE` shows the media type"
        )
    return passed("not pushed yet; this engine's own push writes Docker's manifest")


def _media_type(subject: Subject) -> tuple[str, str]:
    """The manifest's media type as the engine or the registry tells it, and which of them; else nothing."""
    descriptor: Mapping[str, Any] = subject.attributes.get("Descriptor") or {}
    if descriptor.get("mediaType"):
        return str(descriptor["mediaType"]), "in this engine"
    if subject.attributes.get("RepoDigests"):
        try:
            told = subject.laboratory.client.images.get_registry_data(subject.reference).attrs
            return str(told["Descriptor"]["mediaType"]), "in the registry"
        except (APIError, OSError):  # not logged in, or not reachable from here
            return "", ""
    return "", ""


def entry_point(subject: Subject) -> Outcome:
    launch = subject.launch
    if launch.swallows:
        return failed(f"ENTRYPOINT in shell form: {launch.swallows!r} gets the word `train` or `serve`, and drops it")
    return passed(
        f"ENTRYPOINT {list(launch.entrypoint)}" if launch.entrypoint else "no ENTRYPOINT: the word is the program"
    )


def init(subject: Subject) -> Outcome:
    name = subject.launch.init
    return failed(f"ENTRYPOINT starts with {name}") if name else passed("no foreign init in ENTRYPOINT")


def opt_ml(subject: Subject) -> Outcome:
    baked = subject.tree.below(OPT_ML)
    hidden = [path for path in baked if not path.startswith(TOOLKIT_CODE)]
    if hidden:
        return failed(f"{count(len(hidden), 'file')} that the mounts will hide: {_listed(hidden)}")
    return passed("only /opt/ml/code, as AWS's own toolkits have it" if baked else "no file below /opt/ml")


def word(name: str) -> Check:
    """That `docker run IMAGE train`, or serve, starts a program."""

    def probe(subject: Subject) -> Outcome:
        why = programs.obstacle(subject.tree, subject.launch, name)
        if why:
            return failed(why)
        return passed("ENTRYPOINT takes the word" if subject.launch.entrypoint else f"`{name}` is on PATH, and starts")

    return Check(
        f"image.{name}",
        f"`{name}` starts a program",
        Severity.REFUSED,
        f"SageMaker starts the image as `docker run IMAGE {name}`: the word is the program, or ENTRYPOINT's argument.",
        TRAINING if name == "train" else HOSTING,
        f"COPY a file named {name} to a folder on PATH, `chmod +x` it, begin it with a line as #!/usr/bin/env python3 "
        "that ends in LF alone, build with --platform linux/amd64; or let an ENTRYPOINT in exec form take the word. "
        "An image with one life only is checked with --only image training, or serving.",
        probe,
    )


def shell_and_python(subject: Subject) -> Outcome:
    launch = subject.launch
    found = {name: subject.tree.which(name, launch.search, launch.directory) for name in ("bash", "python3", "python")}
    if found["bash"] and (found["python3"] or found["python"]):
        return passed(f"{found['bash']}, {found['python3'] or found['python']}")
    return failed(f"not on PATH: {', '.join(name for name, path in found.items() if not path)}")


def no_secrets(subject: Subject) -> Outcome:
    found = secrets.told(subject.config.get("Env") or [], "the environment")
    found += secrets.told(subject.history, "the history")
    found += secrets.kept(subject.tree.entries)
    return failed(_listed(found)) if found else passed("none in environment, history and file names")


def no_setuid(subject: Subject) -> Outcome:
    found = [path for path, entry in subject.tree.entries.items() if entry.kind == "file" and entry.mode & 0o6000]
    return failed(f"{count(len(found), 'file')}: {_listed(sorted(found))}") if found else passed("none")


def user(subject: Subject) -> Outcome:
    name = str(subject.config.get("User") or "")
    return passed("root") if name.partition(":")[0] in ROOT_USERS else failed(f"USER {name}")


def size(subject: Subject) -> Outcome:
    size = int(subject.attributes["Size"])
    said = f"{size / 1e6:,.0f} MB"
    return failed(f"{said}: over 10 GB") if size > SERVERLESS_BYTES else passed(said)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:LISTED]) + (f" and {len(names) - LISTED} more" if len(names) > LISTED else "")


CHECKS = (
    Check(
        "image.platform",
        "built for linux/amd64",
        Severity.REFUSED,
        "Training and most hosting instances run linux/amd64; anything else dies there of `exec format error`. "
        "Graviton instances, for serving alone, take arm64.",
        TRAINING,
        "docker build --platform linux/amd64 (on Apple silicon the default is arm64).",
        platform,
    ),
    Check(
        "image.manifest",
        "has a manifest in Docker's format",
        Severity.REFUSED,
        "CreateModel and CreateEndpoint refuse OCI manifests and the indexes that attestations make: "
        "'Unsupported manifest media type'.",
        "seen at endpoints; SageMaker hosting takes application/vnd.docker.distribution.manifest.v2+json",
        "docker buildx build --provenance=false --sbom=false --output type=image,oci-mediatypes=false,push=true, or "
        "build with BUILDX_NO_DEFAULT_ATTESTATIONS=1 and push from an engine without the containerd image store.",
        manifest,
    ),
    Check(
        "image.entrypoint",
        "its ENTRYPOINT, if any, is in exec form",
        Severity.REFUSED,
        "A shell form runs /bin/sh -c: it drops the word `train` or `serve` and hears SIGTERM in the program's place.",
        TRAINING,
        'Write ENTRYPOINT ["program", "argument"] as a list, or none at all.',
        entry_point,
    ),
    Check(
        "image.init",
        "no tini before its program",
        Severity.BITES,
        "AWS rules tini out as the entry point: it takes `train` and `serve` for its own. Let your program be PID 1.",
        TRAINING,
        "Make the program itself PID 1: let it handle SIGTERM and wait for its children.",
        init,
    ),
    Check(
        "image.opt-ml",
        "keeps nothing under /opt/ml",
        Severity.BITES,
        "/opt/ml belongs to the service, which mounts input, model and output over what lies there.",
        "SageMaker developer guide, 'How Amazon SageMaker Provides Training Information'",
        "COPY code and models elsewhere, for example to /opt/program.",
        opt_ml,
    ),
    word("train"),
    word("serve"),
    Check(
        "image.sdk-v3",
        "has bash and python for SDK v3",
        Severity.ADVICE,
        "The SageMaker SDK's ModelTrainer starts training with a bash script and a Python driver of its own.",
        "SageMaker Python SDK v3, ModelTrainer",
        "Install bash and python3, unless ModelTrainer with your own code will never be used.",
        shell_and_python,
    ),
    Check(
        "image.secrets",
        "holds no secret",
        Severity.BITES,
        "Everybody who may pull the image reads its environment, its history and its files.",
        "Docker documentation, 'Build secrets'",
        "Pass secrets with RUN --mount=type=secret when building, and by IAM role or Secrets Manager when running; "
        "change those that are named here.",
        no_secrets,
    ),
    Check(
        "image.setuid",
        "has no setuid files",
        Severity.ADVICE,
        "A program that runs with its owner's rights helps whoever breaks into the container.",
        "CIS Docker Benchmark, 4.8",
        "RUN find / -xdev -perm /6000 -type f -exec chmod a-s {} +",
        no_setuid,
    ),
    Check(
        "image.user",
        "starts as root",
        Severity.BITES,
        "SageMaker expects containers to start as root; another user may find /opt/ml not writable.",
        HOSTING,
        "Leave USER out, and give up rights in the program once it has its port.",
        user,
    ),
    Check(
        "image.size",
        "is small enough for serverless endpoints",
        Severity.ADVICE,
        "Serverless inference takes images up to 10 GB; every instance that starts pulls all of it.",
        "SageMaker developer guide, 'Deploy models with Amazon SageMaker Serverless Inference'",
        "Build in two stages, without compilers, caches and GPU libraries that are not used.",
        size,
    ),
)
