"""The plain transformer's blocks are torch's own encoder layers, and attention never looks at padding."""

from __future__ import annotations

import pytest
import torch

from symbench.classifiers.nets.attention import Attention, AttentionBlock, key_bias


@pytest.mark.parametrize("training", [False, True])
def test_a_block_equals_the_encoder_layer_of_torch(training: bool) -> None:
    torch.manual_seed(0)
    ours = AttentionBlock(12, 3, 0.0, normformer=False).double().train(training)
    theirs = torch.nn.TransformerEncoderLayer(
        12, 3, dim_feedforward=48, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )
    theirs.double().train(training)
    given = ours.state_dict()
    names = {
        "self_attn.in_proj_weight": "attn.in_proj.weight",
        "self_attn.in_proj_bias": "attn.in_proj.bias",
        "self_attn.out_proj.weight": "attn.out_proj.weight",
        "self_attn.out_proj.bias": "attn.out_proj.bias",
        **{f"{a}.{k}": f"{b}.{k}" for a, b in (("linear1", "fc1"), ("linear2", "fc2")) for k in ("weight", "bias")},
        **{f"norm1.{k}": f"pre_attn_norm.{k}" for k in ("weight", "bias")},
        **{f"norm2.{k}": f"pre_fc_norm.{k}" for k in ("weight", "bias")},
    }
    theirs.load_state_dict({name: given[ours_name] for name, ours_name in names.items()})
    x = torch.randn(4, 6, 12, dtype=torch.float64)
    mask = torch.arange(6) < torch.tensor([[6], [3], [1], [5]])
    padding = torch.zeros(mask.shape, dtype=x.dtype).masked_fill(~mask, -torch.inf)
    expected = theirs(x, src_key_padding_mask=padding)
    torch.testing.assert_close(ours(x, key_bias(mask, x.dtype))[mask], expected[mask])


def test_weights_by_hand_equal_the_fused_kernel_when_nothing_is_dropped() -> None:
    torch.manual_seed(0)
    attention = Attention(8, 2, 1e-12).double()
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    bias = torch.randn(3, 2, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(attention.train()(x, None, bias), attention.eval()(x, None, bias))


def test_dropout_acts_on_the_weights_of_attention_in_training_alone() -> None:
    torch.manual_seed(0)
    attention = Attention(8, 2, 0.5).double()
    x = torch.randn(3, 5, 8, dtype=torch.float64)
    bias = key_bias(torch.ones(3, 5, dtype=torch.bool), x.dtype)
    assert torch.equal(attention.eval()(x, None, bias), attention(x, None, bias))
    assert not torch.allclose(attention.train()(x, None, bias), attention(x, None, bias))
