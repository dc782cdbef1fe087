"""The protobuf messages of recordio-protobuf, declared here so that no generated file must be kept in step.

Source: SageMaker developer guide, "Common Data Formats for Training"; package aialgs.data, proto2.
"""

from __future__ import annotations

from functools import cache
from typing import Any

KEY = "values"
"""Under which features and label stand."""
_TENSORS = {"Float32Tensor": "TYPE_FLOAT", "Float64Tensor": "TYPE_DOUBLE", "Int32Tensor": "TYPE_INT32"}
_CHOICES = {"float32_tensor": (2, "Float32Tensor"), "float64_tensor": (3, "Float64Tensor")}
_CHOICES |= {"int32_tensor": (7, "Int32Tensor"), "bytes": (9, "Bytes")}


@cache
def message() -> Any:  # protobuf makes the class at run time
    """The class of `Record`: `features` and `label` (maps of name to Value), `uid`, `metadata`, `configuration`."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="aialgs/data/record.proto", package="aialgs.data", syntax="proto2")
    for name, kind in _TENSORS.items():
        tensor = file.message_type.add(name=name)
        fields = (("values", kind), ("keys", "TYPE_UINT64"), ("shape", "TYPE_UINT64"))
        for number, (field, what) in enumerate(fields, 1):
            added = tensor.field.add(name=field, number=number, label="LABEL_REPEATED", type=what)
            added.options.packed = True
    content = file.message_type.add(name="Bytes")
    content.field.add(name="value", number=1, label="LABEL_REPEATED", type="TYPE_BYTES")
    content.field.add(name="content_type", number=2, label="LABEL_OPTIONAL", type="TYPE_STRING")
    value = file.message_type.add(name="Value")
    value.oneof_decl.add(name="value")
    for name, (number, kind) in _CHOICES.items():
        value.field.add(name=name, number=number, label="LABEL_OPTIONAL", type="TYPE_MESSAGE", oneof_index=0,
                        type_name=f".aialgs.data.{kind}")  # fmt: skip
    record = file.message_type.add(name="Record")
    for number, name in enumerate(("features", "label"), 1):
        entry = record.nested_type.add(name=f"{name.capitalize()}Entry")
        entry.options.map_entry = True
        entry.field.add(name="key", number=1, label="LABEL_OPTIONAL", type="TYPE_STRING")
        entry.field.add(name="value", number=2, label="LABEL_OPTIONAL", type="TYPE_MESSAGE",
                        type_name=".aialgs.data.Value")  # fmt: skip
        record.field.add(name=name, number=number, label="LABEL_REPEATED", type="TYPE_MESSAGE",
                         type_name=f".aialgs.data.Record.{entry.name}")  # fmt: skip
    for number, name in enumerate(("uid", "metadata", "configuration"), 3):
        record.field.add(name=name, number=number, label="LABEL_OPTIONAL", type="TYPE_STRING")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("aialgs.data.Record"))
