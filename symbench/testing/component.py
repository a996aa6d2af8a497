"""The rules that tasks, methods and classifiers share."""

from __future__ import annotations

import json

from symbench.component import Component
from symbench.testing.rules import require


def check_component(component: Component) -> None:
    """Check name, version and summary, that fields are described, and that JSON parameters rebuild the component.

    Raises ConformanceError.
    """
    cls = type(component)
    for name in ("name", "version", "summary"):
        require(isinstance(getattr(cls, name, None), str), f"{cls.__name__} lacks the class variable {name!r}, a text")
    for field, info in cls.model_fields.items():
        require(info.description, f"{cls.__name__}.{field} has no description: Field(..., description='...')")
    parameters = component.parameters()
    try:
        text = json.dumps(parameters, allow_nan=False)
    except (TypeError, ValueError) as error:
        require(False, f"the parameters of {cls.__name__} are not JSON ({error}), so that no trial can name them")
    again = cls(**json.loads(text), **component.locations())
    require(again == component, f"{cls.__name__} built again from its own parameters is another one: {again!r}")
