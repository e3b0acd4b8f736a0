"""Detectors as ONNX files: every form of output, and files that are something else."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmdet.structures import DetDataSample

from mmmaml.models import OnnxDetector
from mmmaml.models.onnx.onnx_detector import suppress
from mmmaml.registry import MODELS
from mmmaml.utils.letterbox import letterbox
from tests.onnx_files import (
    CELLS,
    SIDE,
    save_constant,
    save_graph,
    save_mean_colour,
    save_raw_brightness,
)

FRAME = np.full((SIDE, SIDE, 3), 90, np.uint8)
BOX = [16.0, 8.0, 32.0, 48.0]


def yolox(num_classes: int = 2) -> np.ndarray:
    """Answer with BOX in the cell (3, 3) of stride 8, class 1."""
    rows = np.zeros((1, CELLS, 5 + num_classes))
    rows[0, 3 * 8 + 3, :7] = [0, 0.5, np.log(2), np.log(5), 0.9, 0.1, 0.8]
    return rows


def spread(rows: int, columns: int) -> np.ndarray:
    """Answer with rows whose centres span the picture and whose scores are 0."""
    output = np.zeros((1, rows, columns))
    output[0, :, 0] = np.linspace(0, SIDE, rows)
    return output


def decoded(rows: int) -> np.ndarray:
    output = spread(rows, 7)
    output[0, 5] = [24, 28, 16, 40, 0.9, 0.1, 0.8]
    return output


def yolov8() -> np.ndarray:
    output = spread(CELLS, 6)
    output[0, 5] = [24, 28, 16, 40, 0.1, 0.72]
    return output.transpose(0, 2, 1)


def end_to_end() -> np.ndarray:
    rows = np.zeros((1, 20, 6))
    rows[0, 0] = [*BOX, 0.72, 1]
    rows[0, 1] = [*BOX, 0.7, 1]
    rows[0, 2] = [*BOX, 0.9, 0]
    return rows


FORMS = {
    'yolox': yolox(),
    'yolox-decoded': decoded(CELLS),
    'yolov5': decoded(3 * CELLS),
    'yolov8': yolov8(),
    'end-to-end': end_to_end(),
}


@pytest.mark.parametrize('form', FORMS)
def test_every_form_is_recognised_and_decoded(form: str, tmp_path: Path) -> None:
    detector = OnnxDetector(save_constant(tmp_path / 'd.onnx', FORMS[form]), classes=[1])
    assert detector.form.name == form
    found = detector.detect(FRAME)
    kept = 2 if form == 'end-to-end' else 1  # which removes duplicates itself
    assert found.bboxes[:1].numpy() == pytest.approx(np.array([BOX]), abs=1e-3)
    assert len(found.bboxes) == kept
    assert float(found.scores[0]) == pytest.approx(0.72, abs=1e-6)
    assert found.labels.tolist() == [0] * kept  # the position among the wanted classes


def test_rows_without_an_axis_of_the_batch(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', end_to_end()[0])
    detector = OnnxDetector(path, classes=None, nms_iou_thr=0.5)
    found = detector.detect(FRAME)
    assert found.labels.tolist() == [0, 1]  # their own numbers; the duplicate is gone
    assert found.scores.tolist() == pytest.approx([0.9, 0.72])


def test_a_box_comes_back_to_the_frame_from_either_letterbox(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', end_to_end())
    wide = np.full((SIDE, 2 * SIDE, 3), 90, np.uint8)  # half the size, 16 rows above and below
    centred = OnnxDetector(path, classes=[0]).detect(wide)
    assert centred.bboxes.tolist() == [[32, 0, 64, 64]]
    corner = OnnxDetector(path, classes=[0], letterbox='top-left').detect(wide)
    assert corner.bboxes.tolist() == [[32, 16, 64, 64]]


def test_pixels_have_the_range_and_order_of_the_form(tmp_path: Path) -> None:
    frame = np.zeros((SIDE, SIDE, 3), np.uint8)
    frame[..., 0] = 255  # blue
    shown = {}
    for form in ('yolox', 'yolov8'):
        detector = OnnxDetector(save_constant(tmp_path / 'd.onnx', FORMS[form]), classes=[1])
        run = detector.session.run

        def watch(images, *args, _form=form, _run=run, **kwargs):
            shown[_form] = images[0, :, 0, 0].tolist()
            return _run(images, *args, **kwargs)

        detector.session.run = watch
        detector.detect(frame)
    assert shown == {'yolox': [255, 0, 0], 'yolov8': [0, 0, pytest.approx(1)]}


def test_a_graph_of_uint8_is_shown_the_pixels_as_they_are(tmp_path: Path) -> None:
    path = save_raw_brightness(tmp_path / 'raw.onnx')
    for scale in (None, 1):
        found = OnnxDetector(path, scale=scale).detect(np.full((SIDE, SIDE, 3), 204, np.uint8))
        assert found.scores.tolist() == pytest.approx([0.8])
    with pytest.raises(ValueError, match=r'raw.onnx takes pixels 0 to 255 .* leave out scale=0.5'):
        OnnxDetector(path, scale=0.5)


@pytest.mark.parametrize(
    ('option', 'message'),
    [
        ({'scale': 2}, 'scale=2 must be 1 or 1/255'),
        ({'scale': 'no'}, "scale='no' must be 1 or 1/255"),
        ({'input_size': 600}, 'input_size=600 must be height and width'),
        ({'input_size': [600]}, r'input_size=\[600\] must be height and width'),
        ({'form': 'yolox'}, r"form='yolox' is \(1, A, 5 \+ C\).* makes 'output' \(1, 6, 84\)"),
        ({'form': 'end-to-end'}, r"form='end-to-end' is .* leave the form out"),
    ],
)
def test_options_that_do_not_fit(option: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        OnnxDetector(save_constant(tmp_path / 'd.onnx', yolov8()), classes=[1], **option)


def test_a_form_is_named_for_rows_of_other_grids(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', decoded(4 * CELLS))
    with pytest.raises(ValueError, match='is no detector of a known form'):
        OnnxDetector(path, classes=[1])
    found = OnnxDetector(path, classes=[1], form='yolox-decoded').detect(FRAME)
    assert found.bboxes[0].tolist() == pytest.approx(BOX, abs=1e-3)


def test_six_columns_without_numbers_of_classes_are_not_end_to_end(tmp_path: Path) -> None:
    rows = spread(4 * CELLS, 6)  # a YOLOX of one class with another grid
    rows[..., 4:] = 0.3
    with pytest.raises(ValueError, match='is no detector of a known form'):
        OnnxDetector(save_constant(tmp_path / 'd.onnx', rows), classes=None)


def test_rows_of_several_pictures_that_cannot_be_told_apart(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', end_to_end()[0], batch=4)
    with pytest.raises(ValueError, match=r"'output' \(20, 6\) of 4 pictures, .* one picture at a"):
        OnnxDetector(path, classes=None)


def test_an_open_size_is_chosen_and_a_fixed_one_is_kept(tmp_path: Path) -> None:
    path = save_constant(tmp_path / 'd.onnx', end_to_end(), batch='n', side='s')
    assert OnnxDetector(path, classes=None).input_size == (640, 640)
    assert OnnxDetector(path, classes=None, input_size=(96, 64)).input_size == (96, 64)
    fixed = save_constant(tmp_path / 'f.onnx', end_to_end())
    with pytest.raises(ValueError, match=r'height and width \(64, 64\), input_size=\(96, 64\)'):
        OnnxDetector(fixed, input_size=(96, 64))


class TestInModels:
    def test_as_a_detector_of_mmdet(self, tmp_path: Path) -> None:
        path = save_constant(tmp_path / 'd.onnx', yolox())
        detector = MODELS.build({'type': 'OnnxDetector', 'model': str(path), 'classes': [1]})
        meta = {'img_shape': (SIDE, SIDE), 'scale_factor': (0.5, 2.0)}
        image = torch.full((1, 3, SIDE, SIDE + 8), 90.0)
        for rescale, expected in ((False, BOX), (True, [32, 4, 64, 24])):
            sample = DetDataSample(metainfo=meta)
            (result,) = detector.predict(image, [sample], rescale=rescale)
            assert result.pred_instances.bboxes[0].tolist() == pytest.approx(expected, abs=1e-3)

    def test_normalised_pictures_are_refused(self, tmp_path: Path) -> None:
        detector = OnnxDetector(save_constant(tmp_path / 'd.onnx', yolox()), classes=[1])
        with pytest.raises(ValueError, match=r'leave mean and std out of the data_preprocessor'):
            detector.predict(torch.full((1, 3, 8, 8), -1.5), [DetDataSample()])


class TestClasses:
    def test_names_of_the_file(self, tmp_path: Path) -> None:
        import onnx

        path = save_constant(tmp_path / 'd.onnx', yolov8())
        model = onnx.load(str(path))
        onnx.helper.set_model_props(model, {'names': "{0: 'car', 1: 'person'}"})
        onnx.save(model, str(path))
        detector = OnnxDetector(path)
        assert detector.class_names == ('person',)
        assert detector.detect(FRAME).scores.tolist() == pytest.approx([0.72])
        with pytest.raises(ValueError, match="has no class 'dog'; it has car, person"):
            OnnxDetector(path, classes=['dog'])

    def test_names_of_coco(self, tmp_path: Path) -> None:
        path = save_constant(tmp_path / 'd.onnx', yolox(80))
        assert OnnxDetector(path, classes=['toothbrush', 'person']).class_names == (
            'toothbrush',
            'person',
        )

    def test_the_only_class_needs_no_name(self, tmp_path: Path) -> None:
        output = yolox()[:, :, :6]
        output[..., 5] = output[..., 4]
        detector = OnnxDetector(save_constant(tmp_path / 'd.onnx', output))
        assert detector.detect(FRAME).scores.tolist() == pytest.approx([0.81])

    @pytest.mark.parametrize(
        ('classes', 'message'),
        [
            (['person'], "names of the classes of .* are not known: give the number of 'person'"),
            ([2], 'has 2 classes, from 0; there is no 2'),
            ([1, '1'], 'name one class twice'),
        ],
    )
    def test_classes_that_are_not_there(self, classes, message, tmp_path: Path) -> None:
        path = save_constant(tmp_path / 'd.onnx', yolox())
        with pytest.raises(ValueError, match=message):
            OnnxDetector(path, classes=classes)


class TestOtherFiles:
    def test_no_file(self) -> None:
        with pytest.raises(FileNotFoundError, match=r'nothing.onnx does not exist: .* downloaded'):
            OnnxDetector('nothing.onnx')

    def test_no_onnx(self, tmp_path: Path) -> None:
        path = tmp_path / 'weights.onnx'
        path.write_bytes(b'PK weights of another kind')
        with pytest.raises(ValueError, match=r'weights.onnx is no ONNX model that onnxruntime'):
            OnnxDetector(path)

    def test_a_classifier(self, tmp_path: Path) -> None:
        path = save_mean_colour(tmp_path / 'c.onnx', batch=1)
        with pytest.raises(ValueError, match=r"makes 'output' \(1, 3\); known forms are yolox"):
            OnnxDetector(path)

    def test_rows_that_are_on_no_grid(self, tmp_path: Path) -> None:
        path = save_constant(tmp_path / 'd.onnx', spread(300, 81))
        with pytest.raises(ValueError, match='is no detector of a known form: from 64x64 pixels'):
            OnnxDetector(path)

    def test_an_input_that_is_no_picture(self, tmp_path: Path) -> None:
        from onnx import helper

        node = helper.make_node('Identity', ['sound'], ['output'])
        path = save_graph(
            tmp_path / 's.onnx', [('sound', [1, 8])], [('output', [1, 8])], [node], {}
        )
        with pytest.raises(ValueError, match=r"takes 'sound' \(1, 8\); expected one input of pic"):
            OnnxDetector(path)


@given(st.integers(1, 300), st.integers(1, 300), st.booleans())
def test_boxes_return_to_where_they_came_from(width: int, height: int, centred: bool) -> None:
    frame = np.zeros((height, width, 3), np.uint8)
    image, place = letterbox(frame, (64, 96), centred)
    assert image.shape == (64, 96, 3)
    box = np.array([[0, 0, width, height]], float)
    shown = box * np.array(place.scale * 2) + np.array(place.offset * 2)
    assert (shown >= -1e-6).all()
    assert (shown <= np.array([96, 64, 96, 64]) + 1e-6).all()
    assert place.to_frame(shown) == pytest.approx(box)


@given(st.integers(0, 12), st.integers(0, 1000))
def test_suppression_is_greedy_within_each_class(number: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 8, (number, 2)).astype(float)
    boxes = np.concatenate([corner, corner + rng.integers(1, 8, (number, 2))], axis=1)
    scores, labels = rng.permutation(number) / 12 + 0.01, rng.integers(0, 2, number)
    kept: list[int] = []
    for i in np.argsort(-scores):
        if all(labels[i] != labels[k] or iou(boxes[i], boxes[k]) <= 0.51 for k in kept):
            kept.append(int(i))
    assert suppress(boxes, scores, labels, 0.51).tolist() == kept


def iou(a: np.ndarray, b: np.ndarray) -> float:
    inner = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None).prod()
    return inner / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner)
