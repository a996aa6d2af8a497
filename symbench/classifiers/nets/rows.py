"""Ragged jets: real constituents as the rows of a matrix, so that no layer has padding in its input."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import batch_norm

from symbench.classifiers.training.distributed import GlobalBatchNorm


def occupied(four_momenta: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The jets without columns that are padding in all of them; one column is kept if there are no constituents.

    A network that is compiled for one shape keeps all columns.
    """
    if torch.compiler.is_compiling():
        return four_momenta, mask
    used = mask.any(dim=0)
    if bool(used.all()):
        return four_momenta, mask
    if not bool(used.any()):
        return four_momenta[:, :1], mask[:, :1]
    return four_momenta[:, used], mask[:, used]


def spread(rows: Tensor, mask: Tensor) -> Tensor:
    """Rows (M, C) of the M elements with a true mask (...) at their places (..., C), zero elsewhere."""
    if rows.shape[0] == mask.numel():
        return rows.view(*mask.shape, rows.shape[-1])
    places = mask.flatten().nonzero().squeeze(-1)
    return rows.new_zeros(mask.numel(), rows.shape[-1]).index_copy(0, places, rows).view(*mask.shape, rows.shape[-1])


def normalised(norm: nn.Module, rows: Tensor) -> Tensor:
    """Batch normalisation of rows (M, C); a single row has no variance and is normalised as in evaluation."""
    if norm.training and len(rows) < 2 and isinstance(norm, nn.BatchNorm1d) and not isinstance(norm, GlobalBatchNorm):
        return batch_norm(rows, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=norm.eps)
    result: Tensor = norm(rows)
    return result


def mean_over(values: Tensor, mask: Tensor) -> Tensor:
    """Mean (B, C) of values (B, P, C) over real constituents; zero for a jet without constituents."""
    return (values * mask.unsqueeze(-1)).sum(dim=1) / mask.sum(dim=1, keepdim=True).clamp_min(1)


def flat(rows: Tensor, mask: Tensor) -> Tensor:
    """The rows (M, C) of values (..., C) at which the mask (...) is true."""
    return rows.flatten(0, mask.dim() - 1)[mask.flatten()] if not bool(mask.all()) else rows.flatten(0, mask.dim() - 1)


def index_of_rows(mask: Tensor) -> Tensor:
    """For each place (B, P) the index of its row among the real ones; meaningless for padding."""
    return (torch.cumsum(mask.flatten().to(torch.int64), dim=0) - 1).clamp_min(0).view_as(mask)
