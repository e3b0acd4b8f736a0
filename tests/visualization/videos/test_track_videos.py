import cv2
import numpy as np
import pytest

from mmmaml.utils.mot_files import read_seqinfo
from mmmaml.visualization.videos import render_video

NUM_FRAMES, WIDTH, HEIGHT = 6, 96, 64


@pytest.fixture
def sequence(tmp_path):
    root = tmp_path / 'SEQ'
    (root / 'img1').mkdir(parents=True)
    for frame in range(1, NUM_FRAMES + 1):
        image = np.full((HEIGHT, WIDTH, 3), 20 * frame, dtype=np.uint8)
        cv2.imwrite(str(root / f'img1/{frame:06d}.jpg'), image)
    (root / 'seqinfo.ini').write_text(
        '[Sequence]\nname=SEQ\nimDir=img1\nframeRate=12.5\n'
        f'seqLength={NUM_FRAMES}\nimWidth={WIDTH}\nimHeight={HEIGHT}\nimExt=.jpg\n'
    )
    return read_seqinfo(root)


def walk() -> np.ndarray:
    """Track 4 walks to the right by 10 pixels a frame; rows in reverse order."""
    rows = [[f, 4, 10 * f, 20, 12, 30, 1.0] for f in range(1, NUM_FRAMES + 1)]
    return np.array(rows[::-1], dtype=float)


def read_video(path) -> tuple[float, list[np.ndarray]]:
    capture = cv2.VideoCapture(str(path))
    frames = []
    while (image := capture.read()[1]) is not None:
        frames.append(image)
    return capture.get(cv2.CAP_PROP_FPS), frames


def colored(image: np.ndarray) -> np.ndarray:
    """Mask of the pixels that are not grey, as the background is, even after lossy coding."""
    return np.ptp(image.astype(int), axis=2) > 40


def test_video_has_every_frame_in_order_at_its_rate(sequence, tmp_path):
    done = []
    out = render_video(sequence, walk(), tmp_path / 'v' / 'a.mp4', on_frame=done.append)
    rate, frames = read_video(out)
    assert done == list(range(1, NUM_FRAMES + 1))
    assert rate == pytest.approx(12.5)
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * NUM_FRAMES
    for number, image in enumerate(frames, start=1):
        assert image[:8, 88:].mean() == pytest.approx(20 * number, abs=6)
    assert list(out.parent.iterdir()) == [out]


def test_boxes_are_drawn_in_their_frame_and_trails_behind_them(sequence, tmp_path):
    pictures = tmp_path / 'pictures'
    render_video(sequence, walk(), tmp_path / 'a.mp4', trail_seconds=10, pictures=pictures)
    assert sorted(p.name for p in pictures.iterdir()) == [f'00000{i}.jpg' for i in range(1, 7)]
    sixth = cv2.imread(str(pictures / '000006.jpg'))
    assert colored(sixth)[25:45, 60:73].any()
    assert not colored(sixth)[25:45, :55].any()
    assert colored(sixth)[49:52, 20:55].any()
    first = cv2.imread(str(pictures / '000001.jpg'))
    assert not colored(first)[:, 30:].any()


def test_trails_are_as_long_as_asked(sequence, tmp_path):
    for seconds, start in ((0, 60), (2 / 12.5, 46)):
        pictures = tmp_path / f'p{start}'
        render_video(
            sequence, walk(), tmp_path / 'a.mp4', trail_seconds=seconds, pictures=pictures
        )
        sixth = cv2.imread(str(pictures / '000006.jpg'))
        assert colored(sixth)[47:53].any(axis=0).argmax() == pytest.approx(start, abs=3)


def test_a_range_keeps_the_speed_and_the_trails_before_it(sequence, tmp_path):
    done = []
    out = render_video(
        *(sequence, walk(), tmp_path / 'a.mp4'),
        frames=range(3, 7, 2),
        pictures=tmp_path / 'p',
        on_frame=done.append,
    )
    rate, frames = read_video(out)
    assert (done, len(frames)) == ([3, 5], 2)
    assert rate == pytest.approx(12.5 / 2)
    third = cv2.imread(str(tmp_path / 'p/000003.jpg'))
    assert colored(third)[49:52, 18:28].any()


def test_no_tracks_still_make_a_video(sequence, tmp_path):
    out = render_video(sequence, np.zeros((0, 9)), tmp_path / 'a.mp4')
    assert len(read_video(out)[1]) == NUM_FRAMES


def test_unreadable_frame_is_named_and_leaves_the_old_video(sequence, tmp_path):
    out = tmp_path / 'a.mp4'
    out.write_text('old')
    sequence.image_path(4).write_text('no image')
    with pytest.raises(ValueError, match=r'000004\.jpg is missing or no readable image'):
        render_video(sequence, walk(), out)
    assert out.read_text() == 'old'
    assert sorted(p.name for p in tmp_path.iterdir()) == ['SEQ', 'a.mp4']


def test_frame_of_another_size_is_named(sequence, tmp_path):
    cv2.imwrite(str(sequence.image_path(5)), np.zeros((50, 60, 3), dtype=np.uint8))
    with pytest.raises(ValueError, match=r'000005\.jpg has 60x50 pixels, .* before it 96x64'):
        render_video(sequence, walk(), tmp_path / 'a.mp4')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'out': 'a.avi'}, 'suffix .mp4'),
        ({'frames': range(0, 3)}, 'has frames 1 to 6'),
        ({'frames': range(5, 8)}, 'has frames 1 to 6'),
        ({'frames': range(3, 3)}, 'has frames 1 to 6'),
        ({'rows': np.zeros((2, 5))}, r'got shape \(2, 5\)'),
        ({'trail_seconds': -1}, 'at least 0, got -1'),
    ],
)
def test_wrong_arguments_are_refused(sequence, tmp_path, options, message):
    options = {'rows': walk(), 'out': 'a.mp4', **options}
    options['out'] = tmp_path / options['out']
    with pytest.raises(ValueError, match=message):
        render_video(sequence, **options)


def test_drawn_frames_never_replace_the_frames(sequence, tmp_path):
    before = {path: path.read_bytes() for path in (tmp_path / 'SEQ' / 'img1').iterdir()}
    (tmp_path / 'link').symlink_to(tmp_path / 'SEQ' / 'img1')
    for pictures in (tmp_path / 'SEQ' / 'img1', tmp_path / 'link'):
        with pytest.raises(ValueError, match='which is read'):
            render_video(sequence, walk(), tmp_path / 'a.mp4', pictures=pictures)
    assert {path: path.read_bytes() for path in before} == before
    assert not (tmp_path / 'a.mp4').exists()
