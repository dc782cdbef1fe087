"""Drives an image through the official SDK's local mode, version 3: `python v3.py IMAGE FOLDER PORT`."""

import sys
from pathlib import Path

import boto3
import clients
from sagemaker.core.local import LocalSession
from sagemaker.train import ModelTrainer
from sagemaker.train.configs import Compute, InputData, SourceCode
from sagemaker.train.model_trainer import Mode


def main(image: str, folder: Path, port: int) -> None:
    session = LocalSession(
        boto3.Session(region_name=clients.REGION), default_bucket="none", sagemaker_config=clients.SETTINGS
    )
    session.config = clients.config(folder, port)
    clients.run(session, image, folder)

    source = folder / "source"
    source.mkdir()
    (source / "nothing.txt").touch()
    trainer = ModelTrainer(
        training_mode=Mode.LOCAL_CONTAINER,
        sagemaker_session=session,
        role=clients.ROLE,
        training_image=image,
        # Without a command this SDK starts the image without `train`.
        source_code=SourceCode(source_dir=str(source), command="train"),
        compute=Compute(instance_type="local_cpu", instance_count=1),
        hyperparameters=clients.HYPERPARAMETERS,
        local_container_root=str(folder / "trainer"),
    )
    (folder / "trainer").mkdir()
    inputs = [
        InputData(channel_name=name, data_source=str(folder / name), content_type="text/csv")
        for name in ("train", "validation")
    ]
    trainer.train(input_data_config=inputs)
    archives = list((folder / "trainer").rglob("model.tar.gz"))
    assert len(archives) == 1, archives
    assert archives[0].stat().st_size > 1000
    clients.done(folder, "ModelTrainer")


main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
