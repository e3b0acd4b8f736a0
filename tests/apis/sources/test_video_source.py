"""Videos mean what their container says, to a frame."""

import re
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmmaml.apis.sources import SourceFrame, VideoSource, open_source

from .videos import HEIGHT, ONE, WIDTH, encode, number_of, picture, remux

CODECS = [
    ('a.mp4', 'libx264', 'yuv420p'),
    ('a.mp4', 'mpeg4', 'yuv420p'),
    ('a.mov', 'libx264', 'yuv444p'),
    ('a.mkv', 'libx264', 'yuv420p'),
    ('a.mkv', 'ffv1', 'gray'),
    ('a.mkv', 'ffv1', 'gray16le'),
    ('a.mkv', 'ffv1', 'yuva420p'),
    ('a.mkv', 'ffv1', 'yuv420p10le'),
    ('a.avi', 'mjpeg', 'yuvj420p'),
    ('a.avi', 'mpeg4', 'yuv420p'),
    ('a.ts', 'mpeg2video', 'yuv420p'),
    ('a.ts', 'libx264', 'yuv420p'),
    ('a.webm', 'libvpx-vp9', 'yuv420p'),
]
FEW = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def pictures(count: int) -> list[np.ndarray]:
    return [picture(number) for number in range(1, count + 1)]


def read(path: Path) -> tuple[list[SourceFrame], str]:
    """The frames, and what is wrong with the video in the end."""
    frames: list[SourceFrame] = []
    source = iter(open_source(path))
    try:
        while True:
            frames.append(next(source))
    except StopIteration:
        return frames, ''
    except ValueError as error:
        return frames, str(error)


def shown(frames: list[SourceFrame]) -> list[int]:
    return [number_of(frame.image) for frame in frames]


def numbers(frames: list[SourceFrame]) -> list[int | None]:
    return [frame.number for frame in frames]


@pytest.mark.parametrize(('name', 'codec', 'pix_fmt'), CODECS)
def test_frames_have_numbers_and_times(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, log_lines: list[str]
) -> None:
    rate = Fraction(30000, 1001)
    path = encode(tmp_path / name, pictures(20), codec, rate, pix_fmt)
    frames, problem = read(path)
    assert (problem, log_lines) == ('', [])
    assert shown(frames) == numbers(frames) == list(range(1, 21))
    times = [frame.timestamp for frame in frames]
    np.testing.assert_allclose(times, np.arange(20) / float(rate), atol=0.001)
    source = open_source(path)
    assert isinstance(source, VideoSource)
    assert source.frame_rate == pytest.approx(float(rate), rel=1e-3)
    assert source.num_frames in (20, None)
    assert source.size() == (WIDTH, HEIGHT)


TURNS = {
    'upright': ((ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), lambda image: image),
    'left': ((0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), lambda image: np.rot90(image, -1)),
    'right': ((0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30), lambda image: np.rot90(image, 1)),
    'head down': ((-ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), lambda image: np.rot90(image, 2)),
    'mirrored': ((-ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), lambda image: image[:, ::-1]),
    'flipped': ((ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), lambda image: image[::-1]),
    'swapped': ((0, ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), lambda image: image.swapaxes(0, 1)),
    'other diagonal': (
        (0, -ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30),
        lambda image: np.rot90(image, 2).swapaxes(0, 1),
    ),
}


@pytest.mark.parametrize('suffix', ['.mp4', '.mov'])
@pytest.mark.parametrize('turn', TURNS)
def test_videos_are_upright(tmp_path: Path, turn: str, suffix: str) -> None:
    matrix, stored = TURNS[turn]
    images = [np.ascontiguousarray(stored(image)) for image in pictures(4)]
    path = encode(tmp_path / f'a{suffix}', images, matrix=matrix)
    frames, problem = read(path)
    assert problem == ''
    assert shown(frames) == [1, 2, 3, 4]
    assert open_source(path).size() == (WIDTH, HEIGHT)


@FEW
@given(
    broken=st.sets(st.integers(1, 24), min_size=1, max_size=8),
    rate=st.sampled_from([Fraction(25), Fraction(30000, 1001), Fraction(7)]),
)
def test_frames_after_lost_ones_keep_their_numbers(tmp_path_factory, broken, rate) -> None:
    folder = tmp_path_factory.mktemp('broken')
    path = encode(folder / 'a.avi', pictures(24), 'mjpeg', rate, 'yuvj420p', broken=broken)
    frames, problem = read(path)
    left = [number for number in range(1, 25) if number not in broken]
    assert shown(frames) == numbers(frames) == left
    first = left[0]
    times = [(number - first) / float(rate) for number in left]
    np.testing.assert_allclose([frame.timestamp for frame in frames], times, atol=1e-6)
    assert f'has {len(broken)} of 24 frames that cannot be decoded and have no tracks' in problem
    assert f'frame{"s" if len(broken) > 1 else ""} {min(broken)}' in problem


def test_frames_are_lost_up_to_the_next_key_frame(tmp_path: Path) -> None:
    path = encode(tmp_path / 'a.mp4', pictures(36), broken=[13], options={'bf': '0'})
    frames, problem = read(path)
    assert shown(frames) == numbers(frames)
    lost = set(range(1, 37)) - set(numbers(frames))
    assert 13 in lost
    assert lost <= set(range(13, 25))
    assert re.search(rf'{len(lost)} of 36 frames that cannot be decoded', problem)


@FEW
@given(first=st.integers(2, 23), bframes=st.integers(0, 3))
def test_a_clip_by_edit_list_begins_where_it_was_cut(tmp_path_factory, first, bframes) -> None:
    folder = tmp_path_factory.mktemp('edit')
    options = {'bf': str(bframes)}
    whole = encode(folder / 'whole.mp4', pictures(40), gop=12, options=options)
    key = 1 + (first - 1) // 12 * 12
    clip = remux(whole, folder / 'clip.mp4', key, first, {'avoid_negative_ts': 'disabled'})
    frames, problem = read(clip)
    assert problem == ''
    assert shown(frames) == list(range(first, 41))
    assert numbers(frames) == list(range(1, 42 - first))
    np.testing.assert_allclose([frame.timestamp for frame in frames], np.arange(41 - first) / 25)
    assert open_source(clip).num_frames == 41 - first


@FEW
@given(first=st.integers(2, 30), suffix=st.sampled_from(['.mkv', '.ts']))
def test_a_recording_begins_at_its_first_key_frame(tmp_path_factory, first, suffix) -> None:
    folder = tmp_path_factory.mktemp('cut')
    whole = encode(folder / 'whole.mp4', pictures(48), gop=12, options={'bf': '0'})
    clip = remux(whole, folder / f'clip{suffix}', first, first)
    frames, problem = read(clip)
    key = 1 + -(-(first - 1) // 12) * 12
    assert problem == ''
    assert shown(frames) == list(range(key, 49))
    assert numbers(frames) == list(range(1, 50 - key))


def test_what_was_cut_away_is_told(tmp_path: Path, log_lines: list[str]) -> None:
    whole = encode(tmp_path / 'whole.mp4', pictures(30), options={'bf': '0'})
    list(open_source(remux(whole, tmp_path / 'clip.mkv', 5, 5)))
    assert len(log_lines) == 1
    assert 'begins with 8 frames that need an earlier one, which was cut away' in log_lines[0]


@FEW
@given(gaps=st.lists(st.sampled_from([20, 33, 40, 120, 1000]), min_size=5, max_size=20))
def test_times_at_a_variable_rate_are_those_of_the_file(tmp_path_factory, gaps) -> None:
    times = [Fraction(sum(gaps[:i]), 1000) for i in range(len(gaps) + 1)]
    path = tmp_path_factory.mktemp('variable') / 'a.mkv'
    encode(path, pictures(len(times)), times=times, options={'bf': '0'})
    frames, problem = read(path)
    assert problem == ''
    assert shown(frames) == numbers(frames) == list(range(1, len(times) + 1))
    np.testing.assert_allclose(
        [frame.timestamp for frame in frames], [float(time) for time in times], atol=0.0015
    )


@pytest.mark.parametrize(
    ('name', 'codec', 'pix_fmt', 'options'),
    [
        ('a.avi', 'mjpeg', 'yuvj420p', None),
        ('a.avi', 'mpeg4', 'yuv420p', None),
        ('a.mkv', 'libx264', 'yuv420p', None),
        ('a.mp4', 'libx264', 'yuv420p', {'movflags': 'faststart'}),
    ],
)
def test_a_file_that_is_cut_off_ends_with_its_last_frame(
    tmp_path: Path, name: str, codec: str, pix_fmt: str, options: dict[str, str] | None
) -> None:
    rng = np.random.default_rng(0)
    images = [np.maximum(each, rng.integers(0, 30, each.shape, np.uint8)) for each in pictures(60)]
    path = encode(tmp_path / name, images, codec, 25, pix_fmt, container_options=options)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    frames, problem = read(path)
    assert shown(frames) == numbers(frames)
    assert 10 < len(frames) < 50
    assert re.search(r'ends after (frame|[0-9.]+ s)', problem)
    assert 'the file is cut off or damaged there' in problem


def test_a_wrong_count_in_the_header_is_no_damage(tmp_path: Path) -> None:
    path = encode(tmp_path / 'a.avi', pictures(12), 'mjpeg', 25, 'yuvj420p')
    content = bytearray(path.read_bytes())
    for tag, offset in ((b'avih', 8 + 16), (b'strh', 8 + 32)):  # dwTotalFrames, dwLength
        struct.pack_into('<I', content, content.index(tag) + offset, 500)
    path.write_bytes(content)
    assert open_source(path).num_frames == 500
    frames, problem = read(path)
    assert (numbers(frames), problem) == (list(range(1, 13)), '')


def test_pixels_that_are_not_square_stay_and_are_told(tmp_path: Path, log_lines) -> None:
    path = encode(tmp_path / 'a.mp4', pictures(3), sample_aspect_ratio=Fraction(16, 11))
    assert shown(list(open_source(path))) == [1, 2, 3]
    assert log_lines[0].endswith(
        'has pixels that are not square (16:11): boxes are in the 128x64 pixels that are stored'
    )


def test_one_of_several_streams_is_read(tmp_path: Path, log_lines: list[str]) -> None:
    path = tmp_path / 'a.mkv'
    with av.open(str(path), 'w') as container:
        streams = [container.add_stream('ffv1', rate=25) for _ in range(2)]
        for stream, scale in zip(streams, (1, 2), strict=True):
            stream.width, stream.height, stream.pix_fmt = WIDTH * scale, HEIGHT * scale, 'bgr0'
        for image in pictures(3):
            for stream, scale in zip(streams, (1, 2), strict=True):
                large = image.repeat(scale, 0).repeat(scale, 1)
                frame = av.VideoFrame.from_ndarray(large, format='bgr24')
                container.mux(stream.encode(frame))
        for stream in streams:
            container.mux(stream.encode())
    frames = list(open_source(path))
    assert shown(frames) == numbers(frames) == [1, 2, 3]
    assert (
        'holds 2 video streams: number 1 (128x64) is read, the others are left out' in log_lines[0]
    )


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / 'a.wav'
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('pcm_s16le', rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), layout='mono')
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
    with pytest.raises(OSError, match=r'a\.wav holds no video stream: give a video'):
        open_source(path)
    path.write_bytes(b'')
    with pytest.raises(OSError, match=r'a\.wav cannot be opened: it is no video, cut off, or'):
        open_source(path)


def test_a_video_can_be_read_again_and_given_up(tmp_path: Path) -> None:
    source = open_source(encode(tmp_path / 'a.mp4', pictures(12)))
    assert number_of(next(iter(source)).image) == 1
    assert shown(list(source)) == shown(list(source))


def test_colours_are_those_of_the_file(tmp_path: Path) -> None:
    image = np.full((HEIGHT, WIDTH, 3), (30, 160, 220), np.uint8)
    path = encode(tmp_path / 'a.mkv', [image] * 2, 'ffv1', pix_fmt='bgr0')
    np.testing.assert_array_equal(next(iter(open_source(path))).image, image)


def test_a_text_file_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / 'det.txt'
    path.write_text('1,-1,10,20,30,60,0.9,-1,-1,-1\n' * 40)
    with pytest.raises(OSError, match=r'det\.txt is a text file: give a video'):
        next(iter(VideoSource(path)))
