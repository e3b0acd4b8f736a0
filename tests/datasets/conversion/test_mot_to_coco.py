import json
from pathlib import Path

import numpy as np
import pytest
from mmdet.datasets import MOTChallengeDataset

from mmmaml.datasets.conversion.mot_to_coco import convert_mot, select_sequences
from mmmaml.utils.mot_files import read_rows
from tests.datasets.mot_folder import write_sequence


def _convert(root, **kwargs):
    paths = convert_mot(root, **kwargs)
    return {path.name.split('_')[0]: json.loads(path.read_text()) for path in paths}


def _row(frame, identity, box='10,5,20,30', rest='1,1,0.5'):
    return f'{frame},{identity},{box},{rest}\n'


def test_one_row_by_hand(tmp_path):
    write_sequence(tmp_path / 'train' / 'A-01', _row(2, 7), num_frames=2)
    train = _convert(tmp_path)['train']
    assert train['videos'] == [{'id': 1, 'name': 'A-01', 'fps': 30.0, 'width': 64, 'height': 48}]
    assert train['images'][1] == {
        'id': 2, 'video_id': 1, 'file_name': 'A-01/img1/000002.jpg', 'height': 48, 'width': 64,
        'frame_id': 1, 'mot_frame_id': 2, 'frame_rate': 30.0,
    }  # fmt: skip
    assert train['annotations'] == [
        {
            'id': 1, 'image_id': 2, 'category_id': 1, 'bbox': [10.0, 5.0, 20.0, 30.0],
            'area': 600.0, 'iscrowd': False, 'visibility': 0.5, 'mot_conf': 1.0,
            'mot_instance_id': 7, 'instance_id': 0,
        }
    ]  # fmt: skip
    assert train['num_instances'] == 1
    assert [c['name'] for c in train['categories']] == list(
        MOTChallengeDataset.METAINFO['classes']
    )
    assert [c['id'] for c in train['categories']] == list(range(1, 14))


def test_odd_ids_and_boxes_of_nobody(tmp_path, log_lines):
    rows = [_row(f, i) for f in (1, 2) for i in (7, 1000003, -1, -1)]
    write_sequence(tmp_path / 'train' / 'A', ''.join(rows))
    write_sequence(tmp_path / 'train' / 'B', _row(1, 7))
    annotations = _convert(tmp_path)['train']['annotations']
    ids = {(a['image_id'], a['mot_instance_id']): a['instance_id'] for a in annotations}
    assert ids == {
        (1, 7): 0, (2, 7): 0, (1, 1000003): 1, (2, 1000003): 1, (1, -1): -1, (2, -1): -1,
        (5, 7): 2,  # the 7 of another sequence is another person
    }  # fmt: skip
    assert sum(a['instance_id'] == -1 for a in annotations) == 4
    assert 'A: 4 boxes without identity kept for detection' in log_lines


@pytest.mark.parametrize(('num_frames', 'first', 'second'), [(4, 3, 1), (5, 3, 2), (1, 1, 0)])
def test_halves_split_as_mmtrack_does(tmp_path, num_frames, first, second):
    gt = ''.join(_row(f, 3) for f in range(1, num_frames + 1))
    write_sequence(tmp_path / 'train' / 'A', gt, num_frames=num_frames)
    files = _convert(tmp_path)
    halves = files['half-train'], files['half-val']
    assert [len(half['images']) for half in halves] == [first, second]
    for half in halves:
        assert [i['frame_id'] for i in half['images']] == list(range(len(half['images'])))
        assert {a['instance_id'] for a in half['annotations']} <= {0}
    together = [i['mot_frame_id'] for half in halves for i in half['images']]
    assert together == list(range(1, num_frames + 1))
    together = halves[0]['annotations'] + halves[1]['annotations']
    assert together == files['train']['annotations']


def test_ids_do_not_clash_between_train_and_test(mot_root):
    train, test = (
        json.loads((mot_root / 'annotations' / f'{name}_cocoformat.json').read_text())
        for name in ('train', 'test')
    )
    for table in ('videos', 'images', 'annotations'):
        assert {r['id'] for r in train[table]}.isdisjoint(r['id'] for r in test[table])
    people = [{a['instance_id'] for a in part['annotations']} for part in (train, test)]
    assert people[0].isdisjoint(people[1])
    assert len(people[1]) == 7  # test has ground truth here: six people and a statue


@pytest.mark.parametrize(
    'row',
    [
        '1,4,10,5,20,30,1,-1,-1,-1',
        '1,4,10,5,20,30,1,-4.1554,-7.3591,0',
        '1,4,10,5,20,30',
        '1 4 10 5 20 30 1',
    ],
)
def test_mot15_rows_are_considered_pedestrians(tmp_path, row):
    write_sequence(tmp_path / 'train' / 'A', f'{row}\n')
    (annotation,) = _convert(tmp_path)['train']['annotations']
    assert (annotation['category_id'], annotation['mot_conf'], annotation['visibility']) == (
        1,
        1,
        1,
    )


def test_rows_without_frame_or_area_are_dropped_and_counted(tmp_path, log_lines):
    gt = _row(4, 1) + _row(5, 1) + _row(600, 2) + _row(2, 3, box='10,5,0,30')
    write_sequence(tmp_path / 'train' / 'A', gt, stated_frames=600)
    train = _convert(tmp_path)['train']
    assert [a['image_id'] for a in train['annotations']] == [4]
    assert len(train['images']) == 4
    assert 'A: 2 rows after frame 4 dropped, 1 empty boxes dropped' in log_lines


@pytest.mark.parametrize(
    ('flag', 'counts'), [('1', 1), ('0', 0), ('-1', 1), ('2', 1)]
)  # as TrackEval: all but 0
def test_boxes_count_in_training_as_in_scores(tmp_path, log_lines, flag, counts):
    write_sequence(tmp_path / 'train' / 'A', _row(1, 4, rest=f'{flag},1,1') + _row(1, 5))
    first, _ = _convert(tmp_path)['train']['annotations']
    assert first['mot_conf'] == counts
    assert ('A: 1 boxes do not count (flag 0)' in log_lines) == (not counts)


def test_what_is_there_is_said_by_class(tmp_path, log_lines):
    gt = _row(1, 4) + _row(1, 5, rest='1,3,1') + _row(2, 5, rest='1,3,1')
    write_sequence(tmp_path / 'train' / 'A', gt)
    write_sequence(tmp_path / 'train' / 'B', _row(1, 5, rest='1,3,1'))
    _convert(tmp_path)
    assert 'A: boxes by class: 2 car, 1 pedestrian' in log_lines
    assert any(line.startswith('B: no box counts as a pedestrian') for line in log_lines)


def test_rows_of_no_frame_at_all_are_refused_by_how_much(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', _row(101, 4) + _row(102, 4))
    with pytest.raises(ValueError, match=r'gt\.txt: rows are of frames 101 .* off by 100'):
        convert_mot(tmp_path)


def test_boxes_of_another_convention_are_warned_of(tmp_path, log_lines):
    gt = ''.join(_row(f, i, box=f'0.{i},0.2,0.05,0.3') for f in (1, 2) for i in (1, 2, 3))
    write_sequence(tmp_path / 'train' / 'A', gt)
    _convert(tmp_path)
    assert any('parts of the image (0 to 1)' in line for line in log_lines)


def test_an_error_in_test_leaves_the_files_of_train_alone(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', _row(1, 4))
    before = convert_mot(tmp_path)[0].read_text()
    write_sequence(tmp_path / 'test' / 'B', 'x')
    write_sequence(tmp_path / 'train' / 'C', _row(1, 4))
    with pytest.raises(ValueError, match=r'B/gt/gt\.txt, line 1'):
        convert_mot(tmp_path)
    assert (tmp_path / 'annotations' / 'train_cocoformat.json').read_text() == before


def _names(*names):
    return list(map(Path, names))


@pytest.mark.parametrize(
    ('detector', 'kept'),
    [
        ('FRCNN', ['MOT17-02-FRCNN', 'MOT17-04-SDP', 'TUD']),
        ('dpm', ['MOT17-02-DPM', 'MOT17-04-SDP', 'TUD']),
    ],
)
def test_one_of_the_sequences_that_differ_by_detector(detector, kept):
    names = _names('MOT17-02-DPM', 'MOT17-02-FRCNN', 'MOT17-02-SDP', 'MOT17-04-SDP', 'TUD')
    assert [p.name for p in select_sequences(names, detector)] == kept


def test_a_detector_that_is_not_there():
    with pytest.raises(ValueError, match=r"MOT17-02 is there for .*DPM.*SDP.* not for 'FRCNN'"):
        select_sequences(_names('MOT17-02-DPM', 'MOT17-02-SDP'))


@pytest.mark.parametrize('detector', ['all', 'YOLO', ''])
def test_only_one_detector_can_be_kept_for_training(tmp_path, detector):
    write_sequence(tmp_path / 'train' / 'MOT17-02-DPM', _row(1, 1))
    message = f"detector='{detector}' must be one of DPM, FRCNN, SDP.*several identities"
    with pytest.raises(ValueError, match=message):
        convert_mot(tmp_path, detector=detector)
    assert not (tmp_path / 'annotations').exists()


@pytest.mark.parametrize(('options', 'kept'), [({}, 'FRCNN'), ({'detector': 'sdp'}, 'SDP')])
def test_test_sequences_are_kept_for_every_detector(tmp_path, options, kept):
    detectors = ('DPM', 'FRCNN', 'SDP')
    for detector in detectors:
        write_sequence(tmp_path / 'train' / f'MOT17-02-{detector}', _row(1, 1))
        write_sequence(tmp_path / 'test' / f'MOT17-01-{detector}', gt=None)
    files = _convert(tmp_path, **options)
    names = {part: [v['name'] for v in content['videos']] for part, content in files.items()}
    one = [f'MOT17-02-{kept}']
    assert names == {
        'train': one, 'half-train': one, 'half-val': one,
        'test': [f'MOT17-01-{detector}' for detector in detectors],
    }  # fmt: skip
    assert files['train']['num_instances'] == 1
    folders = {i['file_name'].split('/')[0] for i in files['test']['images']}
    assert folders == set(names['test'])


@pytest.mark.parametrize('digits', [1, 8])
def test_frames_of_other_digits_are_named_as_they_are(tmp_path, digits):
    write_sequence(tmp_path / 'train' / 'A', _row(1, 1), num_frames=11, digits=digits)
    images = _convert(tmp_path)['train']['images']
    assert [i['mot_frame_id'] for i in images] == list(range(1, 12))
    assert all((tmp_path / 'train' / i['file_name']).is_file() for i in images)


def test_train_without_ground_truth_is_refused_by_name(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', gt=None)
    with pytest.raises(FileNotFoundError, match=r'A/gt/gt.txt is missing.*Move .*A to .*test'):
        convert_mot(tmp_path)
    assert not (tmp_path / 'annotations').exists()


def test_test_without_ground_truth_has_no_annotations(tmp_path):
    write_sequence(tmp_path / 'test' / 'A', gt=None)
    files = _convert(tmp_path, out_dir=tmp_path / 'other')
    assert list(files) == ['test']
    assert files['test']['annotations'] == []
    assert len(files['test']['images']) == 4
    assert not (tmp_path / 'annotations').exists()


@pytest.mark.parametrize(
    ('gt', 'message'),
    [
        (_row(1, 5) * 2, r'id 5 appears 2 times in frame 1'),
        (_row(3, 5, rest='1,14,1'), r'line 1: the class \(column 8\) is 14, none of 1 to 13'),
        (_row(3, 5, rest='1,1.5,1'), r'line 1: the class \(column 8\) is 1.5'),
        (_row(1, 5) + '2,6,ten,1,1,1,1,1,1\n', r'line 2: .*not a number'),
        (_row(1, 5) + '2,6,1\n', r'line 2: .* has 3 columns'),
    ],
)
def test_malformed_ground_truth_is_named(tmp_path, gt, message):
    write_sequence(tmp_path / 'train' / 'A', gt)
    with pytest.raises(ValueError, match=f'gt.txt.*{message}'):
        convert_mot(tmp_path)


def test_missing_frame_is_named(tmp_path):
    write_sequence(tmp_path / 'train' / 'A', _row(1, 1))
    (tmp_path / 'train' / 'A' / 'img1' / '000002.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'000002.jpg is missing'):
        convert_mot(tmp_path)


def test_folder_without_subsets(tmp_path):
    with pytest.raises(FileNotFoundError, match='neither a folder train nor a folder test'):
        convert_mot(tmp_path)
    (tmp_path / 'train').mkdir()
    with pytest.raises(FileNotFoundError, match='holds no MOTChallenge sequence'):
        convert_mot(tmp_path)


def test_nothing_is_written_to_the_sequences(tmp_path):
    folder = write_sequence(tmp_path / 'train' / 'A', _row(1, 1))
    before = sorted(folder.rglob('*'))
    convert_mot(tmp_path)
    assert sorted(folder.rglob('*')) == before


def _truth_by_frame(root, subset, frames=slice(None)):
    """Pedestrian rows by image path, straight from the text files."""
    truth = {}
    for folder in sorted((root / subset).iterdir()):
        rows = read_rows(folder / 'gt' / 'gt.txt')
        for number in range(1, 31)[frames]:
            here = rows[(rows[:, 0] == number) & (rows[:, 7] == 1)]
            here = here[here[:, 4:6].min(1) >= 1]
            inside = (here[:, 2:4] + here[:, 4:6]).min(1) > 0
            inside &= (here[:, 2] < 192) & (here[:, 3] < 128)
            path = folder / 'img1' / f'{number:06d}.jpg'
            truth[str(path)] = here[inside & (here[:, 2:4] + here[:, 4:6] > 0).all(1)]
    return truth


@pytest.mark.parametrize('library', ['mmdet', 'mmtrack'])
@pytest.mark.parametrize(
    ('name', 'frames'), [('train', slice(None)), ('half-val', slice(16, None))]
)
def test_ground_truth_survives_the_way_into_their_datasets(mot_root, library, name, frames):
    if library == 'mmtrack':
        import mmmaml  # noqa: F401  (makes mmtrack importable)

        dataset_class = pytest.importorskip('mmtrack.datasets').MOTChallengeDataset
        metainfo = {'CLASSES': ('pedestrian',)}
        extra = {'ref_img_sampler': None}
    else:
        dataset_class, metainfo, extra = MOTChallengeDataset, {'classes': ('pedestrian',)}, {}
    dataset = dataset_class(
        ann_file=f'annotations/{name}_cocoformat.json', data_root=str(mot_root),
        data_prefix={'img_path': 'train'}, metainfo=metainfo, test_mode=True, **extra,
    )  # fmt: skip
    items = [dataset.get_data_info(i) for i in range(len(dataset))]
    frames_seen = [i for item in items for i in item['images']] if library == 'mmdet' else items
    truth = _truth_by_frame(mot_root, 'train', frames)
    assert {f['img_path'] for f in frames_seen} == set(truth)
    identities = {}
    for frame in frames_seen:
        rows = truth[frame['img_path']]
        boxes = np.array([i['bbox'] for i in frame['instances']]).reshape(-1, 4)
        order, wanted = np.lexsort(boxes.T), np.hstack([rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]])
        wanted_order = np.lexsort(wanted.T)
        np.testing.assert_array_equal(boxes[order], wanted[wanted_order])
        video = frame['img_path'].split('/')[-3]
        for instance, row in zip(order, wanted_order, strict=True):
            key = (video, rows[row, 1])
            ours = frame['instances'][instance]
            assert identities.setdefault(key, ours['instance_id']) == ours['instance_id']
            assert ours['visibility'] == rows[row, 8]
    assert len(set(identities.values())) == len(identities) > 8
