"""Attention blocks over the constituents of a jet, for the transformer and ParT.

Parameters have the names of the authors' package of ParT.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from symbench.classifiers.nets.local_frames import LocalFrames


class Attention(nn.Module):
    """Multi-head attention with dropout of its weights, by a layer that has a counterpart in several processes."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.head_width = heads, width // heads
        self.in_proj = nn.Linear(width, 3 * width)
        self.out_proj = nn.Linear(width, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, query: Tensor, keys: Tensor | None, bias: Tensor, local: LocalFrames | None = None) -> Tensor:
        """query (B, Q, W); keys (B, K, W), by default the query; bias (B, 1 or H, 1 or Q, K), added to the logits.

        local   frames of the query, which is then its own keys
        """
        if keys is None:
            q, k, v = self.in_proj(query).chunk(3, dim=-1)
        else:
            weight, shift, width = self.in_proj.weight, self.in_proj.bias, query.shape[-1]
            q = nn.functional.linear(query, weight[:width], shift[:width])
            k, v = nn.functional.linear(keys, weight[width:], shift[width:]).chunk(2, dim=-1)
        q, k, v = (t.reshape(*t.shape[:2], self.heads, self.head_width).transpose(1, 2) for t in (q, k, v))
        if local is not None:
            q, k, v = local.globally(q), local.globally(k, lowered=True), local.globally(v)
        if self.training and self.dropout.p > 0:
            scale = q.shape[-1] ** -0.5
            weights = torch.softmax((q * scale) @ k.transpose(-1, -2) + bias, dim=-1)
            mixed = self.dropout(weights) @ v
        else:
            mixed = scaled_dot_product_attention(q, k, v, attn_mask=bias)
        if local is not None:
            mixed = local.locally(mixed)
        result: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return result


class AttentionBlock(nn.Module):
    """Attention, then a two-layer map of each constituent, both with a residual and normalised inputs.

    normformer  also normalise the outputs of attention and of the inner layer, and scale heads and the residual (ParT)
    """

    def __init__(self, width: int, heads: int, dropout: float, *, normformer: bool) -> None:
        super().__init__()
        self.pre_attn_norm = nn.LayerNorm(width)
        self.attn = Attention(width, heads, dropout)
        self.pre_fc_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)
        self.dropout = nn.Dropout(dropout)
        self.act_dropout = nn.Dropout(dropout)
        self.post_attn_norm: nn.Module = nn.LayerNorm(width) if normformer else nn.Identity()
        self.post_fc_norm: nn.Module = nn.LayerNorm(4 * width) if normformer else nn.Identity()
        self.c_attn = nn.Parameter(torch.ones(heads)) if normformer else None
        self.w_resid = nn.Parameter(torch.ones(width)) if normformer else None

    def forward(self, x: Tensor, bias: Tensor, token: Tensor | None = None, local: LocalFrames | None = None) -> Tensor:
        """The next x (B, P, W); or, with a token (B, 1, W), the next token, which attends to itself and to all of x.

        bias   (B, 1 or H, 1 or P, keys), −∞ for keys that are padding; the first key is the token, if there is one
        local  frames of x, between which vectors are transformed; messages to the token are scalars
        """
        if token is None:
            residual = x
            x = self.attn(self.pre_attn_norm(x), None, bias, local)
        else:
            residual = token
            x = self.attn(token, self.pre_attn_norm(torch.cat([token, x], dim=1)), bias)
        if self.c_attn is not None:
            x = x * self.c_attn.repeat_interleave(self.attn.head_width)
        x = residual + self.dropout(self.post_attn_norm(x))
        inner = self.act_dropout(nn.functional.gelu(self.fc1(self.pre_fc_norm(x))))
        update: Tensor = self.dropout(self.fc2(self.post_fc_norm(inner)))
        return (x if self.w_resid is None else self.w_resid * x) + update


def key_bias(mask: Tensor, dtype: torch.dtype, *, token: bool = False) -> Tensor:
    """The bias (B, 1, 1, P): −∞ for padding; with `token`, a further key in front.

    The padding of a jet without constituents stays: attention to no key is not a number.
    """
    if token:
        mask = torch.cat([mask.new_ones(len(mask), 1), mask], dim=1)
    keys = mask | ~mask.any(dim=1, keepdim=True)
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~keys, -torch.inf)[:, None, None]
