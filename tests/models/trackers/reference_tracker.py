"""The tracker written down plainly: one object a track, one loop iteration a pair.

Everything the documentation of ``TrackerOptions`` promises, slowly and in float64: no arrays over
tracks, no slots.
"""

import math
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from mmmaml.models.trackers.tracker_options import TrackerOptions

from .reference_kalman import Kalman

CHI2_95_4DOF = 9.4877
EPS = 1e-9


@dataclass(eq=False)
class Detection:
    box: list
    score: float
    label: int
    feat: np.ndarray | None
    high: bool
    low: bool
    covered: float = 0.0
    track: 'Track | None' = None

    def trust(self):
        return min(max(self.score * (1 - self.covered), 0.05), 1.0)


@dataclass(eq=False)
class Track:
    kalman: Kalman
    box: list
    label: int
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

    def __init__(self, adapter=None, **options):
        self.options = TrackerOptions(**options)
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
        rows = self.detections(boxes, scores, labels, feats)
        found = [each for each in rows if each is not None]
        self.strangers, self.returned, self.cosines = set(), set(), {}
        for stage in self.options.stages:
            getattr(self, f'by_{stage}')(found)
        if self.adapter is not None and self.adapter.calibration is not None:
            pairs = {(each.track, each) for each in found}
            self.adapter.calibration.observe(self.cosines, pairs)
        self.update(found)
        self.start(found)
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
                    one.covered = max(one.covered, share)
        return rows

    # ---- who is there

    def just_seen(self, track):
        return track.last_frame == self.previous

    def seconds_unseen(self, track):
        return (self.frame - track.last_frame) / self.options.frame_rate

    def recent(self, track):
        fresh = self.seconds_unseen(track) <= self.options.recent_seconds
        return track.id is not None and (fresh or self.just_seen(track))

    def free(self, tracks, found):
        return [t for t in tracks if all(d.track is not t for d in found)]

    def similarity(self, track, feat):
        if self.adapter is not None:
            return self.adapter.similarity(track, feat)
        return float(unit(track.mean) @ unit(feat))

    def likeness(self, cosine):
        if self.adapter is None or self.adapter.calibration is None:
            return cosine
        return self.adapter.calibration.likelihood(cosine)

    # ---- stages

    def by_appearance(self, found):
        options = self.options
        tracks = [t for t in self.free(self.tracks, found) if self.recent(t) and t.gallery]
        found = [d for d in found if d.track is None and d.high and d.feat is not None]
        likeness = {}
        for track in tracks:
            for each in found:
                cosine = self.similarity(track, each.feat)
                if track.label == each.label:
                    self.cosines[track, each] = cosine
                value = likeness[track, each] = self.likeness(cosine)
                if each.covered <= options.max_covered and value < options.overlap_sim_thr:
                    self.strangers.add((track, each))

        def cost(track, each):
            distance = track.kalman.distance(each.box)
            if distance > CHI2_95_4DOF:
                self.happened['gated'] += 1
                return math.inf
            if (track, each) in self.strangers:
                return math.inf
            weight = options.motion_weight
            unseen = options.unseen_cost * (not self.just_seen(track))
            return (1 - weight) * (1 - likeness[track, each]) + weight * distance + unseen

        weight = options.motion_weight
        limit = (1 - weight) * (1 - options.match_sim_thr) + weight * CHI2_95_4DOF
        self.match('appearance', tracks, found, cost, limit)

    def by_overlap(self, found):
        tracks = [t for t in self.tracks if self.recent(t)]
        self.by_iou('overlap', tracks, found, lambda d: d.high, self.options.match_iou_thr)

    def by_low_scores(self, found):
        options = self.options
        tracks = [t for t in self.tracks if self.recent(t) and self.just_seen(t)]
        iou_thr = options.match_iou_thr if options.low_iou_thr is None else options.low_iou_thr
        self.by_iou('low_scores', tracks, found, lambda d: d.low, iou_thr)

    def by_tentative(self, found):
        tracks = [t for t in self.tracks if t.id is None]
        self.by_iou('tentative', tracks, found, lambda d: d.high, self.options.tentative_iou_thr)

    def by_iou(self, stage, tracks, found, group, iou_thr):
        def cost(track, each):
            if (track, each) in self.strangers:
                self.happened['stranger'] += 1
                return math.inf
            return 1 - iou(track.kalman.box(), each.box)

        tracks = self.free(tracks, found)
        found = [d for d in found if d.track is None and group(d)]
        self.match(stage, tracks, found, cost, 1 - iou_thr)

    def by_fusion(self, found):
        tracks = [t for t in self.tracks if self.recent(t)]
        self.by_iou_or_looks('fusion', tracks, found, self.options.match_iou_thr)

    def by_tentative_fusion(self, found):
        tracks = [t for t in self.tracks if t.id is None]
        iou_thr = self.options.tentative_iou_thr
        self.by_iou_or_looks('tentative_fusion', tracks, found, iou_thr)

    def by_iou_or_looks(self, stage, tracks, found, iou_thr):
        options = self.options

        def cost(track, each):
            near = iou(track.kalman.box(), each.box)
            by_box = 1 - (near * each.score if options.fuse_scores else near)
            if near < options.proximity_iou_thr or not track.gallery or each.feat is None:
                return by_box
            similarity = self.similarity(track, each.feat)
            if similarity < options.match_sim_thr:
                return by_box
            return min(by_box, (1 - similarity) / 2)

        tracks = self.free(tracks, found)
        found = [d for d in found if d.track is None and d.high]
        self.match(stage, tracks, found, cost, 1 - iou_thr)

    def by_return(self, found):
        options = self.options

        def cost(track, each):
            seconds = self.seconds_unseen(track)
            height = track.box[3] - track.box[1]
            way = math.dist(centre(track.box), centre(each.box))
            if way > (0.5 + options.reentry_speed * seconds) * height:
                if seconds <= options.reentry_anywhere_seconds:
                    self.happened['out of reach'] += 1
                    return math.inf
                self.happened['anywhere'] += 1
            looks = each.feat
            if each.track is not None and each.track.gallery:
                own, new = each.track.weight, each.trust()
                looks = (own * each.track.mean + new * looks) / (own + new)
            return 1 - self.similarity(track, looks)

        tracks = [t for t in self.free(self.tracks, found) if t.id is not None and t.gallery]
        found = [d for d in found if d.high and d.feat is not None]
        found = [d for d in found if d.track is None or d.track.id is None]
        before = {d: d.track for d in found}
        self.match('return', tracks, found, cost, 1 - options.reentry_sim_thr)
        for each, track in before.items():
            if each.track is not track:
                self.returned.add(each.track)
                self.happened['return of a tentative'] += track is not None

    def match(self, stage, tracks, found, cost, limit):
        """The assignment of least cost; a track and a detection apart cost just over ``limit``."""
        if not tracks or not found:
            return
        apart = limit + EPS * max(1.0, abs(limit))
        size = len(tracks) + len(found)
        # Everyone may stay alone, in a row or column of their own, for half of that.
        table = np.full((size, size), apart / 2)
        table[len(tracks) :, len(found) :] = 0
        pairs = table[: len(tracks), : len(found)]
        for row, track in enumerate(tracks):
            for column, each in enumerate(found):
                value = cost(track, each) if track.label == each.label else math.inf
                # So much that two others would rather stay alone.
                pairs[row, column] = value if value <= limit else 1e6
        for row, column in zip(*linear_sum_assignment(table), strict=True):
            if row < len(tracks) and column < len(found) and pairs[row, column] <= limit:
                found[column].track = tracks[row]
                self.happened[stage] += 1

    # ---- what happens to tracks

    def update(self, found):
        if self.adapter is not None:
            pairs = [(d.track, d) for d in found if d.track is not None]
            pairs = [(t, d) for t, d in pairs if t.gallery and self.learns(t, d)]
            self.adapter.observe([(t.mean, t.weight, d.feat, self.trust(d)) for t, d in pairs])
        for each in found:
            track = each.track
            if track is None:
                continue
            if track in self.returned:
                track.kalman = Kalman(each.box, self.options.kalman_box)
            else:
                track.kalman.update(each.box)
            track.box, track.last_frame = each.box, self.frame
            track.hits += 1
            if track.id is None and track.hits >= self.options.num_tentatives:
                self.name(track)
            self.learn(track, each)

    def start(self, found):
        for each in found:
            if each.track is None and each.high and each.score >= self.options.init_score_thr:
                kalman = Kalman(each.box, self.options.kalman_box)
                each.track = track = Track(kalman, each.box, each.label, self.frame)
                self.tracks.append(track)
                if self.previous is None or self.options.num_tentatives == 1:
                    self.name(track)
                self.learn(track, each)

    def name(self, track):
        track.id = self.next_id
        self.next_id += 1

    def learns(self, track, each):
        clear = each.covered <= self.options.max_covered
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
        interval = options.gallery_seconds * options.frame_rate / options.gallery_size
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

    def retire(self):
        options = self.options
        seen = [t for t in self.tracks if t.last_frame == self.frame]
        lost = [t for t in self.tracks if t.last_frame < self.frame and t.id is not None]
        lost = [t for t in lost if self.seconds_unseen(t) <= options.lost_seconds]
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


def iou(one, other):
    shared = overlap(one, other)
    return shared / (area(one) + area(other) - shared)


def moved(box, transform):
    x, y = transform[:, :2] @ centre(box) + transform[:, 2]
    scale = math.sqrt(np.linalg.det(transform[:, :2]))
    width, height = (box[2] - box[0]) * scale, (box[3] - box[1]) * scale
    return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
