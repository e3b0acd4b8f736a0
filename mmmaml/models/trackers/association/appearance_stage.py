"""Matching by appearance within reach of the motion."""

from dataclasses import dataclass
from typing import ClassVar

from ..motion import kalman
from .assignment import assign_pairs
from .partial_matches import Comparison, PartialMatches
from .stage import SimilarityDefault, Stage

SIM_THR = SimilarityDefault(plain=0.4, adapted=0.4)
# The adapted metric is centred on the people in view, so that low similarities of the same person
# are no rarity.
VETO_SIM_THR = SimilarityDefault(plain=0.2, adapted=0.1)


@dataclass(frozen=True)
class AppearanceStage(Stage):
    """Recent tracks within the motion gate, by similarity and motion together.

    Similarities are cosines, −1..1, or likelihoods, 0..1, if the adapter is calibrated.

    Args:
        sim_thr: Least similarity at the edge of the motion gate. Larger: fewer switches between
            people, more tracks that only overlap can continue. None: 0.4.
        motion_weight: Share of the squared Mahalanobis distance in the cost, the rest being
            1 − similarity; 0..1. At 0 motion only rules out; larger, it decides more, between
            people who look alike and then between those who do not. For a box exactly as
            expected, similarity may be below ``sim_thr`` by the whole weight of the gate, at 0.05
            by 0.5, at 0.02 by 0.2.
        lost_penalty: Similarity, at least 0, by which a track that was not seen in the frame
            before must exceed one that was. Larger: fewer ids are stolen by the lost from those
            who pass in front of them, fewer lost ones found.
        veto_sim_thr: Least similarity of a clear view. A track does not match one below it,
            neither here nor by overlap, however well the boxes fit: someone else stands in its
            place. −1 turns this off. None: 0.2 for features as they are, 0.1 for adapted ones.
    """

    name: ClassVar[str] = 'appearance'

    sim_thr: float | None = None
    motion_weight: float = 0.05
    lost_penalty: float = 0.3
    veto_sim_thr: float | None = None

    def __post_init__(self) -> None:
        self._check_similarity('sim_thr')
        self._check_share('motion_weight')
        self._check('lost_penalty', 'at least 0', 0)
        self._check_similarity('veto_sim_thr')

    @property
    def vetoes(self) -> bool:
        """True if pairs are ruled out for the stages after this one."""
        return self.veto_sim_thr is None or self.veto_sim_thr > -1

    def match(self, frame: PartialMatches) -> None:
        """Match recent tracks to strong detections."""
        pool, detections, appearance = frame.pool, frame.detections, frame.appearance
        state = pool.state
        tracks = frame.of_known_appearance(frame.unmatched(frame.recent))
        dets = frame.with_features(detections.high & (frame.tracks < 0))
        if not len(tracks) or not len(dets):
            return
        cosines = appearance.similarity(tracks, frame.features(dets))
        veto_sim_thr = VETO_SIM_THR.unless(self.veto_sim_thr, appearance)
        frame.comparison = Comparison(tracks, dets, cosines, veto_sim_thr)
        row, column = kalman.pairs_in_reach(
            state.motion[tracks], detections.measured[dets], pool.box_model
        )
        weight, similarity = self.motion_weight, appearance.likelihood(cosines[row, column])
        # At the edge of the motion gate; nearer pairs may look less alike.
        sim_thr = SIM_THR.unless(self.sim_thr, appearance)
        limit = (1 - weight) * (1 - sim_thr) + weight * kalman.CHI2_95_4DOF
        track, det = tracks[row], dets[column]
        distance = kalman.gating_distance(
            state.motion[track], detections.measured[det], pool.box_model
        )
        cost = (1 - weight) * (1 - similarity) + weight * distance
        cost += self.lost_penalty * ~pool.just_seen(track)
        near = (distance <= kalman.CHI2_95_4DOF) & (cost <= limit)
        near &= ~(detections.clear[det] & (similarity < veto_sim_thr))
        near &= state.labels[track] == detections.labels[det]
        rows, columns = assign_pairs(row[near], column[near], cost[near], limit)
        frame.tracks[dets[columns]] = tracks[rows]
