"""A classifier for more than two classes: the same network with as many outputs in its last layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from symbench.errors import IncompatibleError

if TYPE_CHECKING:
    from torch import nn

    from symbench.classifiers.base import Classifier


def for_classes(classifier: Classifier, classes: int) -> Classifier:
    """The classifier itself for two classes; else one whose network has an output a class.

    It is the same in name, version and parameters, and its `build` puts a new layer in place of the last linear one
    with two outputs, drawn after all others. A module whose last layer is not linear gives another one by its method
    `with_classes(count)`. Raises IncompatibleError, when it builds, where there is neither.
    """
    if classes == 2:
        return classifier
    cls = type(classifier)

    def build(self: Any) -> nn.Module:
        return widen(cls.build(self), classes, classifier.name)

    wide = type(cls.__name__, (cls,), {"build": build, "__module__": cls.__module__, "__doc__": cls.__doc__})
    return wide(**classifier.parameters(), **classifier.locations())  # type: ignore[no-any-return]


def widen(module: nn.Module, classes: int, name: str) -> nn.Module:
    """Put a linear layer with `classes` outputs in place of the last one with two; gives the module, or another."""
    from torch import nn

    if callable(with_classes := getattr(module, "with_classes", None)):
        return cast("nn.Module", with_classes(classes))
    layers = [(path, layer) for path, layer in module.named_modules() if isinstance(layer, nn.Linear)]
    heads = [(path, layer) for path, layer in layers if layer.out_features == 2]
    if not heads:
        raise IncompatibleError(f"{name} has no linear layer with two outputs to put one with {classes} in place of")
    path, last = heads[-1]
    parent = module.get_submodule(path.rpartition(".")[0])
    new = nn.Linear(last.in_features, classes, bias=last.bias is not None).to(last.weight.device, last.weight.dtype)
    setattr(parent, path.rpartition(".")[2], new)
    return module
