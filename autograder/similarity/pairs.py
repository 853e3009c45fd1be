"""Pairs of students whose answers in a chapter are more similar than the class's own habits explain.

A fingerprint that two students share says the more, the fewer of the others have it: −log2 of the others' share, in
bits. The evidence for a pair is the sum over a chapter. Fingerprints that lie close together are not independent
choices, so `FINGERPRINTS_PER_CHOICE` of them count as one. If students chose as the class does, and apart from each
other, a pair would reach ``b`` bits with probability 2^−b; the threshold is set so that a hundred whole classes would
show one such pair.
"""

from dataclasses import dataclass
from math import log2

import numpy as np

FINGERPRINTS_PER_CHOICE = 8  # about 32 tokens, or three lines
COMMON = 0.25  # what a larger part of those who answered share says nothing, unless they are three or fewer
MAX_HOLDERS = 32  # nor what more students share: so work grows with the number of students, not with that of pairs
MARGIN = 7  # bits, log2 of about a hundred
SAMPLE = 1000  # pairs drawn for the class's base rate


@dataclass(frozen=True)
class Shared:
    """What a pair has in common in one exercise: fingerprints of both, of either, and how many others have such."""

    exercise: int
    shared: int
    either: int
    bits: float
    others: float
    answered: int


@dataclass(frozen=True)
class Pair:
    """Two students by index, their evidence in bits, and the Jaccard similarity of their fingerprints."""

    first: int
    second: int
    bits: float
    jaccard: float


class ClassFingerprints:
    """The fingerprints of all answers of a class to one chapter.

    owner, exercise, number: one entry for each fingerprint of each answer, all (n,). answered (E,): the students who
    answered each exercise.
    """

    def __init__(self, owner, exercise, number, answered):
        key = exercise.astype(np.int64) << 32 | number
        order = np.lexsort((owner, key))
        self.owner, self.key, self.answered = owner[order].astype(np.int64), key[order], np.asarray(answered)
        self.starts = np.flatnonzero(np.diff(self.key, prepend=-1))
        self.holders = np.diff(self.starts, append=len(self.key))
        answered = self.answered[self.key[self.starts] >> 32]
        # half a student is added to the other holders: what nobody else has is rare, not impossible
        share = np.clip((self.holders - 1.5) / np.maximum(answered - 1, 1), 1e-9, 1.0)
        rare = (self.holders >= 2) & (self.holders <= np.clip(COMMON * answered, 3, MAX_HOLDERS))
        self.bits = np.where(rare, -np.log2(share), 0.0) / FINGERPRINTS_PER_CHOICE
        self.students = np.unique(self.owner)
        by_owner = np.argsort(self.owner, kind="stable")
        groups = np.repeat(np.arange(len(self.starts)), self.holders)[by_owner]
        edges = np.searchsorted(self.owner[by_owner], self.students)
        self.groups = dict(zip(self.students.tolist(), np.split(groups, edges[1:])))  # of each student

    def threshold(self):
        """The evidence from which a pair is shown, in bits."""
        count = len(self.students)
        return log2(max(1, count * (count - 1) // 2)) + MARGIN

    def pairs(self):
        """Every `Pair` at or above the threshold, the strongest first."""
        size = int(self.students.max(initial=0)) + 1
        keys: np.ndarray = np.empty(0, dtype=np.int64)
        sums: np.ndarray = np.empty(0)
        for holders in range(2, MAX_HOLDERS + 1):
            chosen = np.flatnonzero((self.holders == holders) & (self.bits > 0))
            if not len(chosen):
                continue
            members = self.owner[self.starts[chosen][:, None] + np.arange(holders)]  # (groups, holders), in order
            first, second = np.triu_indices(holders, 1)
            found = members[:, first] * size + members[:, second]
            keys = np.concatenate([keys, found.ravel()])
            sums = np.concatenate([sums, np.repeat(self.bits[chosen], len(first))])
            keys, place = np.unique(keys, return_inverse=True)
            sums = np.bincount(place, weights=sums, minlength=len(keys))
        strong = np.flatnonzero(sums >= self.threshold())
        strong = strong[np.lexsort((keys[strong], -sums[strong]))]
        return [self._pair(*divmod(int(keys[at]), size), float(sums[at])) for at in strong]

    def _pair(self, first, second, bits):
        return Pair(first, second, bits, self.jaccard(first, second))

    def jaccard(self, first, second):
        """The Jaccard similarity of two students' fingerprints: |A ∩ B| / |A ∪ B|."""
        shared = len(np.intersect1d(self.groups[first], self.groups[second], assume_unique=True))
        return shared / max(1, len(self.groups[first]) + len(self.groups[second]) - shared)

    def base_rate(self):
        """(median, 99th percentile) of the Jaccard similarity of pairs drawn from the class."""
        if len(self.students) < 2:
            return 0.0, 0.0
        rng = np.random.default_rng(0)
        first = rng.integers(len(self.students), size=SAMPLE)
        second = (first + rng.integers(1, len(self.students), size=SAMPLE)) % len(self.students)
        found = [self.jaccard(int(self.students[a]), int(self.students[b])) for a, b in zip(first, second)]
        return tuple(float(value) for value in np.quantile(found, [0.5, 0.99]))

    def shared(self, pair):
        """A `Shared` for each exercise in which the pair has something in common, the strongest first."""
        one, two = self.groups[pair.first], self.groups[pair.second]
        both, either = np.intersect1d(one, two), np.union1d(one, two)
        exercise = self.key[self.starts] >> 32
        found = []
        for index in np.unique(exercise[both]).tolist():
            own = both[exercise[both] == index]
            found.append(
                Shared(
                    index,
                    len(own),
                    int(np.sum(exercise[either] == index)),
                    float(self.bits[own].sum()),
                    float(np.median(self.holders[own])) - 2,
                    int(self.answered[index]),
                )
            )
        return sorted(found, key=lambda item: -item.bits)
