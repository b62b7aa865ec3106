#!/usr/bin/env python3
"""Prints what TensorBoard's own reader makes of a folder of event files, as one JSON object.

For crates/worker/tests/all/tensorboard.rs; scripts/setup-tensorboard installs what it needs.
"""

import json
import sys

from tensorboard.backend.event_processing import event_accumulator
from tensorboard.plugins.hparams import plugin_data_pb2

keep_all = {
    event_accumulator.SCALARS: 0,
    event_accumulator.IMAGES: 0,
    event_accumulator.TENSORS: 0,
}
log = event_accumulator.EventAccumulator(sys.argv[1], size_guidance=keep_all)
log.Reload()
tags = log.Tags()


def parameters():
    tag = "_hparams_/session_start_info"
    content = log.SummaryMetadata(tag).plugin_data.content
    start = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in start.hparams.items()}


json.dump(
    {
        "scalars": {tag: [[e.step, e.value] for e in log.Scalars(tag)] for tag in tags["scalars"]},
        "images": {tag: [[e.step, e.width, e.height] for e in log.Images(tag)] for tag in tags["images"]},
        "text": [e.tensor_proto.string_val[0].decode() for e in log.Tensors("parameters")],
        "parameters": parameters(),
        "finished": "_hparams_/session_end_info" in tags["tensors"],
    },
    sys.stdout,
)
