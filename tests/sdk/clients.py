"""What both SDKs share: the boto-shaped clients of a LocalSession. Runs in the SDK's own environment, not in ours."""

from pathlib import Path

ROLE = "arn:aws:iam::000000000000:role/local"
REGION = "us-east-1"
SETTINGS = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
HYPERPARAMETERS = {"num_round": "3", "objective": "reg:squarederror"}
ROW = "0,0.455,0.365,0.095,0.514,0.2245,0.101,0.15"


def config(folder: Path, port: int) -> dict:
    """`session.config` of local mode: everything below `folder`, /dev/shm larger than Docker's 64 MB."""
    root = folder / "containers"
    root.mkdir(exist_ok=True)
    return {
        "local": {
            "local_code": True,
            "serving_port": port,
            "container_root": str(root),
            "container_config": {"shm_size": "1g"},
        }
    }


def channel(name: str, folder: Path) -> dict:
    source = {"S3DataType": "S3Prefix", "S3Uri": (folder / name).as_uri(), "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}


def run(session, image: str, folder: Path) -> None:
    """Training job, endpoint with one invocation, transform job: each asserted."""
    client = session.sagemaker_client
    client.create_training_job(
        TrainingJobName="client-train",
        AlgorithmSpecification={"TrainingImage": image, "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": (folder / "client").as_uri()},
        ResourceConfig={"InstanceType": "local", "InstanceCount": 1, "VolumeSizeInGB": 1},
        InputDataConfig=[channel("train", folder), channel("validation", folder)],
        Environment={},
        HyperParameters=HYPERPARAMETERS,
    )
    described = client.describe_training_job("client-train")
    assert described["TrainingJobStatus"] == "Completed", described
    done(folder, "train")

    model = {"Image": image, "ModelDataUrl": described["ModelArtifacts"]["S3ModelArtifacts"], "Environment": {}}
    client.create_model(ModelName="client-model", PrimaryContainer=model)
    variant = {"VariantName": "all", "ModelName": "client-model", "InstanceType": "local", "InitialInstanceCount": 1}
    client.create_endpoint_config("client-config", [variant])
    client.create_endpoint("client-endpoint", "client-config")
    try:
        answer = session.sagemaker_runtime_client.invoke_endpoint(
            ROW.encode(), "client-endpoint", ContentType="text/csv", Accept="text/csv"
        )
        assert 0 < float(answer["Body"].read()) < 30
    finally:
        client.delete_endpoint("client-endpoint")
    done(folder, "endpoint")

    client.create_transform_job(
        TransformJobName="client-transform",
        ModelName="client-model",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": (folder / "rows").as_uri()}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": (folder / "client-out").as_uri(),
            "AssembleWith": "Line",
            "Accept": "text/csv",
        },
        TransformResources={"InstanceType": "local", "InstanceCount": 1},
        # The SDK stumbles over AWS's own spelling of the strategy in /execution-parameters: the request's word wins.
        BatchStrategy="MultiRecord",
    )
    check_transformed(folder / "client-out")
    done(folder, "transform")


def done(folder: Path, step: str) -> None:
    """Tells the test; printed, it would mix with what the containers print."""
    with (folder / "done").open("a") as file:
        file.write(step + "\n")


def check_transformed(folder: Path) -> None:
    """One finite prediction per row of the input."""
    (written,) = folder.glob("*.out")
    predictions = [float(line) for line in written.read_text().split()]
    assert len(predictions) == 50, len(predictions)
    assert all(0 < value < 30 for value in predictions)
