"""The hook that writes a learned adapter."""

from types import SimpleNamespace

import pytest
from mmengine.model import BaseModel

from mmmaml.engine import PriorFileHook


class _Other(BaseModel):
    def forward(self, *args: object, **kwargs: object) -> None:
        """Do nothing."""


def test_the_name_is_that_of_a_prior() -> None:
    with pytest.raises(ValueError, match=r"name='prior.pth' must end in .npz"):
        PriorFileHook('prior.pth')


def test_other_models_are_refused_before_training() -> None:
    runner = SimpleNamespace(model=_Other(), hooks=[])
    with pytest.raises(TypeError, match='saves an AdapterLearner, not a _Other'):
        PriorFileHook().before_train(runner)
