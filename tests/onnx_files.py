"""Small graphs in the ONNX format that detect and embed."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIDE = 64
"""Height and width of the input of the detectors."""

CELLS = 8 * 8 + 4 * 4 + 2 * 2
"""Cells of the grids of strides 8, 16 and 32 over it."""


def save_graph(
    path: Path,
    inputs: list,
    outputs: list,
    nodes: list,
    constants: dict,
    pixels: int = TensorProto.FLOAT,
) -> Path:
    """Write a graph; inputs and outputs are names and shapes, pixels the type of the inputs."""
    infos = [
        [helper.make_tensor_value_info(n, kind, shape) for n, shape in each]
        for each, kind in ((inputs, pixels), (outputs, TensorProto.FLOAT))
    ]
    tensors = [numpy_helper.from_array(np.asarray(v), n) for n, v in constants.items()]
    graph = helper.make_graph(nodes, 'small', *infos, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
    return path


def save_constant(path: Path, output: np.ndarray, batch: int | str = 1, side: int | str = SIDE):
    """Write a detector that answers the same to every picture."""
    nodes = [
        helper.make_node('ReduceMean', ['images'], ['mean'], keepdims=0),
        helper.make_node('Mul', ['mean', 'zero'], ['nothing']),
        helper.make_node('Add', ['rows', 'nothing'], ['output']),
    ]
    constants = {'rows': output.astype(np.float32), 'zero': np.float32(0)}
    shape = [batch, 3, side, side]
    return save_graph(path, [('images', shape)], [('output', output.shape)], nodes, constants)


def save_bright_detector(path: Path) -> Path:
    """Write a YOLOX of 416x416 pixels and one class that finds cells brighter than 200.

    A bright cell of stride 32 gives a box of 32 pixels with the cell in its middle.
    """
    side = 416
    cells = {stride: (side // stride) ** 2 for stride in (8, 16, 32)}
    nodes = [
        helper.make_node(
            'AveragePool', ['images'], ['small'], kernel_shape=[32, 32], strides=[32, 32]
        ),
        helper.make_node('ReduceMean', ['small'], ['grey'], axes=[1], keepdims=1),
        helper.make_node('Reshape', ['grey', 'column'], ['flat']),
        helper.make_node('Sub', ['flat', 'limit'], ['over']),
        helper.make_node('Sigmoid', ['over'], ['score']),
        helper.make_node('Concat', ['place', 'score', 'sure'], ['large'], axis=2),
        helper.make_node('Concat', ['others', 'large'], ['output'], axis=1),
    ]
    last, first = cells[32], cells[8] + cells[16]
    constants = {
        'column': np.array([1, last, 1], np.int64),
        'limit': np.float32(200),
        'place': np.tile(np.array([0.5, 0.5, 0, 0], np.float32), (1, last, 1)),
        'sure': np.ones((1, last, 1), np.float32),
        'others': np.zeros((1, first, 6), np.float32),
    }
    return save_graph(
        path,
        [('images', [1, 3, side, side])],
        [('output', [1, first + last, 6])],
        nodes,
        constants,
    )


def save_mean_colour(path: Path, batch: int | str = 'n', channels: int = 3) -> Path:
    """Write a Re-ID network whose embedding is the mean of each channel of a crop."""
    nodes = [
        helper.make_node('ReduceMean', ['images'], ['colour'], axes=[2, 3], keepdims=0),
        helper.make_node('MatMul', ['colour', 'unit'], ['output']),
    ]
    constants = {'unit': np.eye(3, channels, dtype=np.float32)}
    shape = [batch, 3, 16, 8]
    return save_graph(path, [('images', shape)], [('output', [batch, channels])], nodes, constants)


def save_raw_brightness(path: Path) -> Path:
    """Write a YOLOv8 that takes uint8; the score of its boxes is the brightness, 0..1."""
    nodes = [
        helper.make_node('Cast', ['images'], ['pixels'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMax', ['pixels'], ['brightest'], keepdims=0),
        helper.make_node('Div', ['brightest', 'white'], ['brightness']),
        helper.make_node('Mul', ['score', 'brightness'], ['scores']),
        helper.make_node('Add', ['places', 'scores'], ['output']),
    ]
    places, score = np.zeros((2, 1, 5, CELLS), np.float32)
    places[0, :4] = np.array([24, 28, 16, 40])[:, None]
    score[0, 4] = 1
    constants = {'places': places, 'score': score, 'white': np.float32(255)}
    shapes = [('images', [1, 3, SIDE, SIDE])], [('output', [1, 5, CELLS])]
    return save_graph(path, *shapes, nodes, constants, TensorProto.UINT8)


def save_raw_mean_colour(path: Path) -> Path:
    """Write a Re-ID network that takes uint8 and embeds a crop as the mean of each channel."""
    nodes = [
        helper.make_node('Cast', ['images'], ['pixels'], to=TensorProto.FLOAT),
        helper.make_node('ReduceMean', ['pixels'], ['output'], axes=[2, 3], keepdims=0),
    ]
    shapes = [('images', ['n', 3, 16, 8])], [('output', ['n', 3])]
    return save_graph(path, *shapes, nodes, {}, TensorProto.UINT8)
