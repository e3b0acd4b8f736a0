"""The tracker written down plainly: one object a track, one loop iteration a pair.

Everything the documentation of ``OnlineMetaTracker`` and of its stages promises, slowly and in
float64: no arrays over tracks, no rows. Defaults are written down again, too.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np
from scipy.optimize import linear_sum_assignment

from .reference_kalman import Kalman

CHI2_95_4DOF = 9.4877
EPS = 1e-9
GALLERY_SECONDS = 2.0

OPTIONS = {
    'classes': None,
    'score_thr': 0.6,
    'low_score_thr': 0.3,
    'init_score_thr': 0.7,
    'max_init_iou': 0.4,
    'max_duplicate_iou': 1.0,
    'num_tentatives': 2,
    'tentative_seconds': 0.15,
    'recent_seconds': 2.0,
    'lost_seconds': 10.0,
    'max_lost': 100,
    'frame_rate': 30.0,
    'kalman_box': 'cxcyah',
    'motion_noise': 'per_second',
    'feature_average': 'trusted',
    'momentum': 0.95,
    'gallery_size': 10,
    'max_occlusion': 0.5,
}
FUSION = {'iou_thr': 0.5, 'sim_thr': 0.4, 'proximity_iou_thr': 0.5, 'fuse_scores': False}
STAGES = {
    'appearance': {
        'sim_thr': 0.4,
        'motion_weight': 0.05,
        'lost_penalty': 0.3,
        'veto_sim_thr': 0.2,
    },
    'overlap': {'iou_thr': None, 'height_modulated': True},
    'low_scores': {'iou_thr': None, 'height_modulated': True},
    'tentative': {'iou_thr': None, 'height_modulated': True},
    'reentry': {'sim_thr': 0.6, 'speed': 2.0, 'anywhere_seconds': 4.0},
    'fusion': FUSION,
    'tentative_fusion': FUSION,
}
ADAPTED = {('appearance', 'veto_sim_thr'): 0.1, ('reentry', 'sim_thr'): 0.4}
"""Defaults that are others for features under the parameters of a head."""
IOU_THR = {
    'overlap': {True: 0.4, False: 0.1},
    'low_scores': {True: 0.5, False: 0.5},
    'tentative': {True: 0.4, False: 0.2},
}
"""Defaults with features and without."""
DEFAULT_STAGES = ('appearance', 'overlap', 'low_scores', 'tentative', 'reentry')
ORDER = ('appearance', 'fusion', *DEFAULT_STAGES[1:4], 'tentative_fusion', 'reentry')


def stage_options(stages, adapted):
    """All options of the stages, those left out with their defaults."""
    stages = {name: {} for name in DEFAULT_STAGES} if stages is None else stages
    made = {}
    for name in stages.get('order', ORDER):
        given = stages.get(name)
        if given is None:
            continue
        defaults = dict(STAGES[name])
        if adapted:
            defaults |= {key: value for (stage, key), value in ADAPTED.items() if stage == name}
        made[name] = SimpleNamespace(**{**defaults, **given})
    return made


@dataclass(eq=False)
class Detection:
    box: list
    score: float
    label: int
    feat: np.ndarray | None
    high: bool
    low: bool
    occlusion: float = 0.0
    track: 'Track | None' = None

    def trust(self):
        return min(max(self.score * (1 - self.occlusion), 0.05), 1.0)


@dataclass(eq=False)
class Track:
    kalman: Kalman
    box: list
    label: int
    first_frame: int
    last_frame: int
    hits: int = 1
    id: int | None = None
    mean: np.ndarray | None = None
    weight: float = 0.0
    gallery: list = field(default_factory=list)
    gallery_frame: int = 0


class ReferenceTracker:
    """``OnlineMetaTracker.step`` on arrays.

    Attributes:
        happened: How often each thing happened, for tests to see that it did.
    """

    def __init__(self, adapter=None, stages=None, **options):
        assert set(options) <= set(OPTIONS)
        self.options = SimpleNamespace(**{**OPTIONS, **options})
        self.stages = stage_options(stages, adapter is not None)
        self.adapter = adapter
        self.tracks: list[Track] = []
        self.frame = self.previous = None
        self.next_id = 1
        self.happened = Counter()

    def step(self, frame, boxes, scores, labels, feats=None, camera_motion=None):
        frames = 1 if self.frame is None else frame - self.frame
        self.previous, self.frame = self.frame, frame
        if frames > 1:
            self.forget_those_before_the_gap()
        for track in self.tracks:
            track.kalman.predict(frames, seen=self.just_seen(track))
            if camera_motion is not None:
                track.kalman.move_camera(camera_motion)
                track.box = moved(track.box, camera_motion)
        if self.adapter is not None:
            self.adapter.fit([t for t in self.tracks if self.recent(t) and t.gallery])
        self.features = feats is not None
        rows = self.detections(boxes, scores, labels, feats)
        dets = [each for each in rows if each is not None]
        self.vetoed, self.reentered, self.cosines = set(), set(), {}
        for name, options in self.stages.items():
            getattr(self, f'by_{name}')(dets, options)
        if self.adapter is not None and self.adapter.calibration is not None:
            pairs = {(each.track, each) for each in dets}
            self.adapter.calibration.observe(self.cosines, pairs)
        self.update(dets)
        self.start(dets)
        self.remove_duplicates(dets)
        ids = [-1 if d is None or d.track is None or not d.track.id else d.track.id for d in rows]
        self.retire()
        return ids

    def detections(self, boxes, scores, labels, feats):
        options, rows = self.options, []
        for row, (box, score) in enumerate(zip(boxes, scores, strict=True)):
            nobody = options.classes is not None and labels[row] not in options.classes
            if nobody or box[2] <= box[0] or box[3] <= box[1]:
                rows.append(None)
                continue
            feat = None if feats is None else np.asarray(feats[row], dtype=np.float64)
            if feat is not None and self.adapter is None:
                feat = unit(feat)
            high = score >= options.score_thr
            low = not high and score >= options.low_score_thr
            rows.append(Detection(list(box), score, labels[row], feat, high, low))
        strong = [d for d in rows if d is not None and d.high]
        for one in strong:
            for other in strong:
                if other is not one and other.box[3] >= one.box[3]:
                    share = overlap(one.box, other.box) / area(one.box)
                    one.occlusion = max(one.occlusion, share)
        return rows

    # ---- who is there

    def just_seen(self, track):
        return track.last_frame == self.previous

    def seconds_lost(self, track):
        return (self.frame - track.last_frame) / self.options.frame_rate

    def recent(self, track):
        fresh = self.seconds_lost(track) <= self.options.recent_seconds
        return track.id is not None and (fresh or self.just_seen(track))

    def free(self, tracks, dets):
        return [t for t in tracks if all(d.track is not t for d in dets)]

    def similarity(self, track, feat):
        if self.adapter is not None:
            return self.adapter.similarity(track, feat)
        return float(unit(track.mean) @ unit(feat))

    def likelihood(self, cosine):
        if self.adapter is None or self.adapter.calibration is None:
            return cosine
        return self.adapter.calibration.likelihood(cosine)

    # ---- stages

    def by_appearance(self, dets, options):
        tracks = [t for t in self.free(self.tracks, dets) if self.recent(t) and t.gallery]
        dets = [d for d in dets if d.track is None and d.high and d.feat is not None]
        likelihood = {}
        for track in tracks:
            for each in dets:
                cosine = self.similarity(track, each.feat)
                if track.label == each.label:
                    self.cosines[track, each] = cosine
                value = likelihood[track, each] = self.likelihood(cosine)
                if each.occlusion <= self.options.max_occlusion and value < options.veto_sim_thr:
                    self.vetoed.add((track, each))

        def cost(track, each):
            distance = track.kalman.distance(each.box)
            if distance > CHI2_95_4DOF:
                self.happened['gated'] += 1
                return math.inf
            if (track, each) in self.vetoed:
                return math.inf
            weight = options.motion_weight
            lost = options.lost_penalty * (not self.just_seen(track))
            return (1 - weight) * (1 - likelihood[track, each]) + weight * distance + lost

        weight = options.motion_weight
        limit = (1 - weight) * (1 - options.sim_thr) + weight * CHI2_95_4DOF
        self.match('appearance', tracks, dets, cost, limit)

    def by_overlap(self, dets, options):
        tracks = [t for t in self.tracks if self.recent(t)]
        self.by_iou('overlap', tracks, dets, lambda d: d.high, options)

    def by_low_scores(self, dets, options):
        tracks = [t for t in self.tracks if self.recent(t) and self.just_seen(t)]
        self.by_iou('low_scores', tracks, dets, lambda d: d.low, options)

    def by_tentative(self, dets, options):
        tracks = [t for t in self.tracks if t.id is None]
        self.by_iou('tentative', tracks, dets, lambda d: d.high, options)

    def by_iou(self, stage, tracks, dets, group, options):
        iou_thr = options.iou_thr
        if iou_thr is None:
            iou_thr = IOU_THR[stage][self.features]

        def cost(track, each):
            if (track, each) in self.vetoed:
                self.happened['veto'] += 1
                return math.inf
            box = track.kalman.box()
            share = height_overlap(box, each.box) if options.height_modulated else 1
            return 1 - iou(box, each.box) * share

        tracks = self.free(tracks, dets)
        dets = [d for d in dets if d.track is None and group(d)]
        self.match(stage, tracks, dets, cost, 1 - iou_thr)

    def by_fusion(self, dets, options):
        tracks = [t for t in self.tracks if self.recent(t)]
        self.by_iou_or_appearance('fusion', tracks, dets, options)

    def by_tentative_fusion(self, dets, options):
        tracks = [t for t in self.tracks if t.id is None]
        self.by_iou_or_appearance('tentative_fusion', tracks, dets, options)

    def by_iou_or_appearance(self, stage, tracks, dets, options):
        def cost(track, each):
            near = iou(track.kalman.box(), each.box)
            by_box = 1 - (near * each.score if options.fuse_scores else near)
            if near < options.proximity_iou_thr or not track.gallery or each.feat is None:
                return by_box
            similarity = self.similarity(track, each.feat)
            if similarity < options.sim_thr:
                return by_box
            return min(by_box, (1 - similarity) / 2)

        tracks = self.free(tracks, dets)
        dets = [d for d in dets if d.track is None and d.high]
        self.match(stage, tracks, dets, cost, 1 - options.iou_thr)

    def by_reentry(self, dets, options):
        def cost(track, each):
            seconds = self.seconds_lost(track)
            height = track.box[3] - track.box[1]
            way = math.dist(centre(track.box), centre(each.box))
            if way > (0.5 + options.speed * seconds) * height:
                if seconds <= options.anywhere_seconds:
                    self.happened['out of reach'] += 1
                    return math.inf
                self.happened['anywhere'] += 1
            feat = each.feat
            if each.track is not None and each.track.gallery:
                own, new = each.track.weight, each.trust()
                feat = (own * each.track.mean + new * feat) / (own + new)
            return 1 - self.similarity(track, feat)

        tracks = [t for t in self.free(self.tracks, dets) if t.id is not None and t.gallery]
        dets = [d for d in dets if d.high and d.feat is not None]
        dets = [d for d in dets if d.track is None or d.track.id is None]
        before = {d: d.track for d in dets}
        self.match('reentry', tracks, dets, cost, 1 - options.sim_thr)
        for each, track in before.items():
            if each.track is not track:
                self.reentered.add(each.track)
                self.happened['re-entry of a tentative'] += track is not None

    def match(self, stage, tracks, dets, cost, limit):
        """The assignment of least cost; a track and a detection apart cost just over ``limit``."""
        if not tracks or not dets:
            return
        apart = limit + EPS * max(1.0, abs(limit))
        size = len(tracks) + len(dets)
        # Everyone may stay alone, in a row or column of their own, for half of that.
        table = np.full((size, size), apart / 2)
        table[len(tracks) :, len(dets) :] = 0
        pairs = table[: len(tracks), : len(dets)]
        for row, track in enumerate(tracks):
            for column, each in enumerate(dets):
                value = cost(track, each) if track.label == each.label else math.inf
                # So much that two others would rather stay alone.
                pairs[row, column] = value if value <= limit else 1e6
        for row, column in zip(*linear_sum_assignment(table), strict=True):
            if row < len(tracks) and column < len(dets) and pairs[row, column] <= limit:
                dets[column].track = tracks[row]
                self.happened[stage] += 1

    # ---- what happens to tracks

    def update(self, dets):
        if self.adapter is not None:
            pairs = [(d.track, d) for d in dets if d.track is not None]
            pairs = [(t, d) for t, d in pairs if t.gallery and self.learns(t, d)]
            self.adapter.observe([(t.mean, t.weight, d.feat, self.trust(d)) for t, d in pairs])
        for each in dets:
            track = each.track
            if track is None:
                continue
            if track in self.reentered:
                track.kalman = self.kalman(each.box)
            else:
                track.kalman.update(each.box)
            track.box, track.last_frame = each.box, self.frame
            track.hits += 1
            if track.id is None and track.hits >= self.hits_to_confirm():
                self.name(track)
            self.learn(track, each)

    def start(self, dets):
        matched = [d for d in dets if d.track is not None]
        for each in dets:
            if each.track is None and each.high and each.score >= self.options.init_score_thr:
                if any(self.second_box(each, other) for other in matched):
                    self.happened['second box'] += 1
                    continue
                kalman = self.kalman(each.box)
                each.track = track = Track(kalman, each.box, each.label, self.frame, self.frame)
                self.tracks.append(track)
                if self.previous is None or self.hits_to_confirm() == 1:
                    self.name(track)
                self.learn(track, each)

    def hits_to_confirm(self):
        options, hits = self.options, 1
        while (
            hits < options.num_tentatives
            and hits / options.frame_rate <= options.tentative_seconds
        ):
            hits += 1
        return hits

    def second_box(self, each, other):
        near = iou(each.box, other.box) > self.options.max_init_iou
        return near and each.label == other.label

    def kalman(self, box):
        per_second = self.options.motion_noise == 'per_second'
        length = 1 / self.options.frame_rate if per_second else 1 / 30
        return Kalman(box, self.options.kalman_box, length)

    def name(self, track):
        track.id = self.next_id
        self.next_id += 1

    def learns(self, track, each):
        clear = each.occlusion <= self.options.max_occlusion
        return each.feat is not None and each.high and (clear or not track.gallery)

    def trust(self, each):
        return 1.0 if self.options.feature_average == 'exponential' else each.trust()

    def learn(self, track, each):
        options = self.options
        if not self.learns(track, each):
            self.happened['hidden'] += each.feat is not None and each.high
            return
        alike, trust = options.feature_average == 'exponential', self.trust(each)
        track.weight += trust
        if track.mean is None:
            track.mean = each.feat
        else:
            rate = trust * (1 - options.momentum)
            if not alike:
                rate = max(rate, trust / track.weight)
            track.mean = (1 - rate) * track.mean + rate * each.feat
        interval = GALLERY_SECONDS * options.frame_rate / options.gallery_size
        if not track.gallery or self.frame - track.gallery_frame >= interval:
            track.gallery = [*track.gallery, each.feat][-options.gallery_size :]
            track.gallery_frame = self.frame

    def forget_those_before_the_gap(self):
        options, kept = self.options, []
        for track in self.tracks:
            seconds = (self.frame - 1 - track.last_frame) / options.frame_rate
            limit = options.lost_seconds
            if self.just_seen(track):
                limit = max(limit, options.recent_seconds)
            kept += [track] if seconds <= limit else []
        self.happened['forgotten in a gap'] += len(self.tracks) - len(kept)
        self.tracks = kept

    def remove_duplicates(self, dets):
        removed = []
        for one in self.tracks:
            for other in self.tracks:
                lost = self.recent(other) and other.last_frame < self.frame
                if one.last_frame < self.frame or not lost or one.label != other.label:
                    continue
                if iou(one.kalman.box(), other.kalman.box()) > self.options.max_duplicate_iou:
                    longer = self.age(one) > self.age(other)
                    removed.append(other if longer else one)
                    self.happened['lost duplicate' if longer else 'seen duplicate'] += 1
        self.tracks = [each for each in self.tracks if each not in removed]
        for each in dets:
            if each.track in removed:
                each.track = None

    @staticmethod
    def age(track):
        return track.last_frame - track.first_frame

    def retire(self):
        options = self.options
        seen = [t for t in self.tracks if t.last_frame == self.frame]
        lost = [t for t in self.tracks if t.last_frame < self.frame and t.id is not None]
        lost = [t for t in lost if self.seconds_lost(t) <= options.lost_seconds]
        lost.sort(key=lambda t: (-t.last_frame, t.id))
        if len(lost) > options.max_lost:
            self.happened['too many lost'] += 1
        self.tracks = seen + lost[: options.max_lost]


def unit(feat):
    return feat / np.linalg.norm(feat)


def centre(box):
    return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]


def area(box):
    return (box[2] - box[0]) * (box[3] - box[1])


def overlap(one, other):
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def height_overlap(one, other):
    shared = min(one[3], other[3]) - max(one[1], other[1])
    return max(shared, 0.0) / (max(one[3], other[3]) - min(one[1], other[1]))


def iou(one, other):
    shared = overlap(one, other)
    return shared / (area(one) + area(other) - shared)


def moved(box, transform):
    x, y = transform[:, :2] @ centre(box) + transform[:, 2]
    scale = math.sqrt(np.linalg.det(transform[:, :2]))
    width, height = (box[2] - box[0]) * scale, (box[3] - box[1]) * scale
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
