import copy

import numpy as np
import pytest
import torch
from mmdet.registry import MODELS as MMDET_MODELS
from mmdet.structures import DetDataSample, TrackDataSample
from mmengine.registry import DefaultScope
from mmengine.structures import BaseDataElement

from mmmaml.models.detectors import PublicDetector
from mmmaml.models.detectors.detection_file import CACHED_FILES, read_detections
from mmmaml.registry import MODELS

DETECTIONS = """3,-1,10,20,30,40,0.9
1,-1,-5,0,15.5,25,-1.25
3,-1,50,60,10,20,0.3
5,-1,0,0,2000,1000,0.5
900,-1,1,1,5,5,1
"""


@pytest.fixture
def sequence(tmp_path):
    folder = tmp_path / 'MOT17-02-DPM'
    (folder / 'det').mkdir(parents=True)
    (folder / 'det' / 'det.txt').write_text(DETECTIONS)
    return folder


def sample(sequence, frame, **meta):
    path = str(sequence / 'img1' / f'{frame:06d}.jpg')
    return DetDataSample(metainfo={'img_path': path, 'ori_shape': (100, 200), **meta})


def detect(detector, *samples, **kwargs):
    results = detector.predict(torch.zeros(len(samples), 3, 8, 8), list(samples), **kwargs)
    return [result.pred_instances for result in results]


def test_detections_of_each_image_in_a_batch(sequence):
    samples = [sample(sequence, frame) for frame in (3, 1)]

    third, first = detect(PublicDetector(), *samples)

    assert third.bboxes.tolist() == [[10, 20, 40, 60], [50, 60, 60, 80]]
    assert third.scores.tolist() == pytest.approx([0.9, 0.3])
    assert first.bboxes.tolist() == [[-5, 0, 10.5, 25]]
    assert first.scores.tolist() == [-1.25]
    assert samples[0].pred_instances is third
    assert (third.bboxes.dtype, third.scores.dtype) == (torch.float32, torch.float32)
    assert third.labels.tolist() == [0, 0]


def test_a_frame_without_detections_gives_empty_tensors(sequence):
    (empty,) = detect(PublicDetector(), sample(sequence, 2))

    assert (empty.bboxes.shape, empty.bboxes.dtype) == ((0, 4), torch.float32)
    assert (empty.scores.shape, empty.scores.dtype) == ((0,), torch.float32)
    assert (empty.labels.shape, empty.labels.dtype) == ((0,), torch.int64)


def test_an_empty_file_is_a_sequence_without_detections(sequence):
    (sequence / 'det' / 'det.txt').write_text('')

    assert len(detect(PublicDetector(), sample(sequence, 1))[0]) == 0


def test_results_follow_the_device_of_the_images(sequence):
    images = torch.empty(1, 3, 8, 8, device='meta')

    (result,) = PublicDetector().predict(images, [sample(sequence, 3)])
    (without_images,) = PublicDetector().predict(None, [sample(sequence, 3)])

    assert {v.device.type for v in result.pred_instances.values()} == {'meta'}
    assert without_images.pred_instances.bboxes.device.type == 'cpu'


@pytest.mark.parametrize(('score_thr', 'kept'), [(None, 2), (0.3, 2), (0.300001, 1), (1.0, 0)])
def test_score_threshold_is_inclusive(sequence, score_thr, kept):
    assert len(detect(PublicDetector(score_thr=score_thr), sample(sequence, 3))[0]) == kept


def test_clipping_cuts_and_drops(sequence):
    (sequence / 'det' / 'det.txt').write_text(
        '1,-1,-5,-5,15,25,1\n1,-1,190,90,50,50,1\n1,-1,200,10,9,9,1\n1,-1,-9,1,9,9,1\n'
    )

    (clipped,) = detect(PublicDetector(clip_border=True), sample(sequence, 1))
    (whole,) = detect(PublicDetector(), sample(sequence, 1))

    assert clipped.bboxes.tolist() == [[0, 0, 10, 20], [190, 90, 200, 100]]
    assert whole.bboxes[0].tolist() == [-5, -5, 10, 20]


@pytest.mark.parametrize('factor', [(0.5, 2.0), np.array([0.5, 2, 0.5, 2])])
def test_without_rescale_boxes_fit_the_network_input(sequence, factor):
    (boxes,) = detect(PublicDetector(), sample(sequence, 3, scale_factor=factor), rescale=False)

    assert boxes.bboxes[0].tolist() == [5, 40, 20, 120]
    with pytest.raises(ValueError, match="no 'scale_factor', which rescale=False needs"):
        detect(PublicDetector(), sample(sequence, 3), rescale=False)


def test_changing_a_result_leaves_the_next_one_alone(sequence):
    detector = PublicDetector()

    detect(detector, sample(sequence, 3))[0].bboxes.zero_()

    assert detect(detector, sample(sequence, 3))[0].bboxes[0].tolist() == [10, 20, 40, 60]


def test_a_file_is_read_once_and_again_when_it_changes(sequence):
    path = sequence / 'det' / 'det.txt'
    first = read_detections(path)

    assert read_detections(path) is first
    path.write_text('1,-1,0,0,2,2,1\n')
    assert len(read_detections(path).frames) == 1


def test_few_files_are_kept(tmp_path):
    paths = [tmp_path / f'{i}.txt' for i in range(CACHED_FILES + 1)]
    for path in paths:
        path.write_text('1,-1,0,0,2,2,1\n')

    files = [read_detections(path) for path in paths]

    assert read_detections(paths[-1]) is files[-1]
    assert read_detections(paths[0]) is not files[0]


@pytest.mark.parametrize('tail', ['', ',-1', ',-1,-1,-1,-1'])
def test_detections_without_scores_are_sure_and_told_once(tmp_path, log_lines, tail):
    path = tmp_path / 'S.txt'
    path.write_text(f'1,-1,0,0,2,2{tail}\n2,-1,0,0,2,2{tail}\n')

    for _ in range(2):
        assert read_detections(path).scores.tolist() == [1, 1]
        for number in range(CACHED_FILES):  # so that the file is read again
            (tmp_path / f'{number}.txt').write_text('1,-1,0,0,2,2,0.5\n')
            read_detections(tmp_path / f'{number}.txt')

    assert log_lines == [f'{path}: no detection has a score (column 7); all are given the score 1']


def test_one_score_is_enough_to_believe_them_all(tmp_path, log_lines):
    (tmp_path / 'S.txt').write_text('1,-1,0,0,2,2,-1\n2,-1,0,0,2,2,-0.5\n')

    assert read_detections(tmp_path / 'S.txt').scores.tolist() == [-1, -0.5]
    assert log_lines == []


def test_boxes_without_area_are_left_out_with_a_warning(tmp_path, monkeypatch):
    messages = []
    monkeypatch.setattr(
        'mmmaml.models.detectors.detection_file.print_log', lambda m, **_: messages.append(m)
    )
    (tmp_path / 'S.txt').write_text('1,-1,0,0,0,2,1\n1,-1,0,0,3,3,1\n1,-1,0,0,3,-3,1\n')

    assert read_detections(tmp_path / 'S.txt').bboxes.tolist() == [[0, 0, 3, 3]]
    assert '2 of 3 detections have no width or height' in messages[0]


def test_detections_from_elsewhere(sequence, tmp_path):
    (tmp_path / 'mine').mkdir()
    path = tmp_path / 'mine' / 'MOT17-02-DPM.txt'
    path.write_text('3,-1,0,0,2,2,0.5\n')

    for place in (str(tmp_path / 'mine'), {'MOT17-02-DPM': path}):
        (boxes,) = detect(PublicDetector(detections=place), sample(sequence, 3))
        assert boxes.bboxes.tolist() == [[0, 0, 2, 2]]
        assert boxes.scores.tolist() == [0.5]


def test_what_cannot_be_found_is_named(sequence, tmp_path):
    (sequence / 'det' / 'det.txt').unlink()
    with pytest.raises(FileNotFoundError, match=r'det/det.txt is missing: .*detections='):
        detect(PublicDetector(), sample(sequence, 1))
    with pytest.raises(ValueError, match="no entry for the sequence 'MOT17-02-DPM', only for A"):
        detect(PublicDetector(detections={'A': 'a.txt'}), sample(sequence, 1))
    nameless = DetDataSample(metainfo={'img_path': 'SEQ/img1/frame.jpg'})
    with pytest.raises(ValueError, match=r'frame.jpg: the name of a frame must be its number'):
        detect(PublicDetector(), nameless)
    with pytest.raises(ValueError, match="no 'img_path', which every image needs"):
        detect(PublicDetector(), DetDataSample())


def test_training_and_features_are_refused(sequence):
    detector = PublicDetector()
    images = torch.zeros(1, 3, 8, 8)
    with pytest.raises(NotImplementedError, match='nothing to train'):
        detector(images, [sample(sequence, 1)], mode='loss')
    with pytest.raises(NotImplementedError, match='never looks at an image'):
        detector(images, mode='tensor')


def test_is_a_detector_of_mmdet_by_config_and_can_be_copied(sequence):
    detector = MMDET_MODELS.build({'type': 'mmmaml.PublicDetector', 'score_thr': 0.5})

    assert type(detector) is MODELS.get('PublicDetector')
    assert list(detector.parameters()) == []
    (boxes,) = detector(torch.zeros(1, 3, 8, 8), [sample(sequence, 3)], mode='predict')
    assert len(boxes.pred_instances) == 1
    assert len(detect(copy.deepcopy(detector), sample(sequence, 3))[0]) == 1


@pytest.mark.parametrize('scope', ['mmdet', 'mmmaml', 'mmengine'])
def test_mmdet_deepsort_tracks_public_detections(sequence, scope):
    lines = [f'{f},-1,{10 + 2 * f},20,30,60,1\n{f},-1,{150 - f},20,30,60,1\n' for f in range(1, 9)]
    del lines[4]  # frame 5 has no detection
    (sequence / 'det' / 'det.txt').write_text(''.join(lines))
    config = {
        'type': 'mmdet.DeepSORT',
        'data_preprocessor': {'type': 'mmdet.TrackDataPreprocessor'},
        'detector': {'type': 'mmmaml.PublicDetector'},
        'tracker': {
            'type': 'mmdet.SORTTracker',
            'motion': {'type': 'mmdet.KalmanFilter', 'center_only': False},
            'obj_score_thr': 0.5,
            'match_iou_thr': 0.5,
            'reid': None,
        },
    }
    with DefaultScope.overwrite_default_scope(scope):
        model = MODELS.build(config).eval()
    ids = []
    for frame_id in range(8):
        clip = TrackDataSample()
        clip.video_data_samples = [
            sample(sequence, frame_id + 1, frame_id=frame_id, scale_factor=(1.0, 1.0))
        ]
        (result,) = model.predict(torch.zeros(1, 1, 3, 100, 200), [clip])
        ids.append(sorted(result[0].pred_track_instances.instances_id.tolist()))

    assert ids[4] == []
    assert [len(found) for found in ids[1:4]] == [2, 2, 2]
    assert ids[3] == ids[1]


def test_samples_of_mmtrack(sequence):
    pytest.importorskip('mmtrack', exc_type=(ImportError, AssertionError))
    from mmtrack.structures import TrackDataSample as MMTrackSample

    data_sample = MMTrackSample(metainfo=sample(sequence, 3).metainfo)

    (result,) = PublicDetector().predict(torch.zeros(1, 3, 8, 8), [data_sample])

    assert isinstance(result, BaseDataElement)
    assert result.pred_instances.clone().bboxes.tolist()[0] == [10, 20, 40, 60]
