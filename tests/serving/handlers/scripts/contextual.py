"""Every hook with the context; what load saw is told in the answer."""

import json

LOADED = []


def pre_model_fn(model_dir, context):
    LOADED.append(["pre_model_fn", model_dir == context.system_properties["model_dir"]])


def model_fn(model_dir, context):
    LOADED.append(["model_fn", context.get_all_request_header(0)])
    return {"loaded": LOADED}


def model_warmup_fn(model_dir, model, context):
    model["loaded"].append(["model_warmup_fn", model is not None])


def input_fn(body, content_type, context):
    processor = context.request_processor[0]
    return {"headers": processor.get_request_properties(), "content_type": content_type}


def predict_fn(data, model, context):
    return data | model | {"attributes": context.get_request_header(0, "x-amzn-sagemaker-custom-attributes")}


def output_fn(prediction, accept, context):
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", f"seen={prediction['attributes']}")
    context.set_response_header(0, "X-Else", "dropped")
    context.set_response_content_type(0, "application/x-told")
    context.set_response_status(203, "Made\r\nUp")
    return json.dumps(prediction | {"id": context.get_request_id(), "accept": accept})
