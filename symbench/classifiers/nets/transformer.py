"""A transformer over constituents without pair features, invariant under permutations only."""

from __future__ import annotations

from torch import Tensor, nn

from symbench.classifiers.nets.attention import AttentionBlock, key_bias
from symbench.classifiers.nets.features import COUNT, FeatureSet, features_of
from symbench.classifiers.nets.rows import mean_over, occupied


class Transformer(nn.Module):
    """Logits (B, 2) from four-momenta (B, P, 4) in GeV and mask (B, P): pre-norm blocks, mean over constituents.

    arXiv:1706.03762 with the normalisation first (arXiv:2002.04745).
    """

    autocast = fixed_shapes = True

    def __init__(
        self,
        width: int,
        heads: int,
        layers: int,
        *,
        dropout: float = 0.0,
        features: FeatureSet = "kinematic",
    ) -> None:
        super().__init__()
        self.features: FeatureSet = features
        self.dropout = dropout
        self.embed = nn.Linear(COUNT[features], width)
        self.blocks = nn.ModuleList(AttentionBlock(width, heads, dropout, normformer=False) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, 2)

    def forward(self, four_momenta: Tensor, mask: Tensor, features: Tensor | None = None) -> Tensor:
        if not (self.training and self.dropout):  # dropout masks need the same shape in all processes
            four_momenta, mask = occupied(four_momenta, mask)
        dtype = self.head.weight.dtype
        x = self.embed(features_of(self.features, four_momenta, mask).to(dtype))
        bias = key_bias(mask, dtype)
        for block in self.blocks:
            x = block(x, bias)
        logits: Tensor = self.head(mean_over(self.norm(x), mask))
        return logits
