"""A small Re-ID network for the benchmarks."""

from pathlib import Path

import onnx
import pytest
from onnx import TensorProto, helper


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A Re-ID network that tells people by the colours of their upper and lower half."""
    nodes = [
        helper.make_node('AveragePool', ['crops'], ['halves'], kernel_shape=[16, 16]),
        helper.make_node('Flatten', ['halves'], ['embeds']),
    ]
    crops = helper.make_tensor_value_info('crops', TensorProto.FLOAT, ['n', 3, 32, 16])
    embeds = helper.make_tensor_value_info('embeds', TensorProto.FLOAT, ['n', 51])
    graph = helper.make_graph(nodes, 'halves', [crops], [embeds])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)
    path = tmp_path / 'halves.onnx'
    onnx.save(model, str(path))
    return path
