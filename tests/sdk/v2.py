"""Drives an image through the official SDK's local mode, version 2: `python v2.py IMAGE FOLDER PORT`."""

import sys
from pathlib import Path

import boto3
import clients
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.local import LocalSession


def main(image: str, folder: Path, port: int) -> None:
    session = LocalSession(
        boto3.Session(region_name=clients.REGION), default_bucket="none", sagemaker_config=clients.SETTINGS
    )
    session.config = clients.config(folder, port)
    clients.run(session, image, folder)

    estimator = Estimator(
        image_uri=image,
        role=clients.ROLE,
        instance_count=1,
        instance_type="local",
        output_path=(folder / "estimator").as_uri(),
        sagemaker_session=session,
        hyperparameters=clients.HYPERPARAMETERS,
    )
    channels = {
        name: TrainingInput((folder / name).as_uri(), content_type="text/csv") for name in ("train", "validation")
    }
    estimator.fit(channels)
    clients.done(folder, "Estimator.fit")

    # wait=True would sleep 30 s before its first look.
    predictor = estimator.deploy(1, "local", wait=False)
    try:
        answer = predictor.predict(clients.ROW.encode(), initial_args={"ContentType": "text/csv"})
        assert 0 < float(answer) < 30
    finally:
        predictor.delete_endpoint()
    clients.done(folder, "Estimator.deploy")

    transformer = estimator.transformer(
        1, "local", strategy="MultiRecord", assemble_with="Line", output_path=(folder / "estimator-out").as_uri()
    )
    # The local job is over when this returns; waiting with logs would ask CloudWatch for them.
    transformer.transform((folder / "rows").as_uri(), content_type="text/csv", split_type="Line", wait=False)
    clients.check_transformed(folder / "estimator-out")
    clients.done(folder, "Transformer")


main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
