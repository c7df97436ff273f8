"""A small GPT (Radford et al. 2018), and its attention alone."""

from types import ModuleType
from typing import Any

from benchmarks.case import Family, Step
from benchmarks.cases.training import backward

family = Family("Attention")

BATCH, CONTEXT, WIDTH, N_HEADS, N_LAYERS, N_TOKENS = 8, 64, 64, 4, 2, 65


def block(torch: ModuleType) -> Any:
    """Return attention and a perceptron, each behind a layer norm and beside the identity."""
    nn = torch.nn

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
            self.to_qkv, self.project = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
            self.mlp = nn.Sequential(
                nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))

        def attention(self, x: Any) -> Any:
            heads = self.to_qkv(x).view(*x.shape[:2], 3, N_HEADS, -1).permute(2, 0, 3, 1, 4)
            mixed = nn.functional.scaled_dot_product_attention(*heads.unbind(), is_causal=True)
            return self.project(mixed.transpose(1, 2).reshape(x.shape))

        def forward(self, x: Any) -> Any:
            x = x + self.attention(self.norm_1(x))
            return x + self.mlp(self.norm_2(x))

    return Block()


@family.case(f"AdamW step, GPT-like, {N_LAYERS} layers of {WIDTH}, batch {BATCH}, "
             f"context {CONTEXT}", 1.4, has_peak=True)
def gpt(torch: ModuleType) -> Step:
    """Predict each next character."""
    nn = torch.nn
    embed, places = nn.Embedding(N_TOKENS, WIDTH), nn.Embedding(CONTEXT, WIDTH)
    body = nn.Sequential(*(block(torch) for _ in range(N_LAYERS)), nn.LayerNorm(WIDTH),
                         nn.Linear(WIDTH, N_TOKENS))
    model = nn.ModuleList([embed, places, body])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    tokens, positions = torch.randint(N_TOKENS, (BATCH, CONTEXT + 1)), torch.arange(CONTEXT)

    def step() -> None:
        optimizer.zero_grad()
        scores = body(embed(tokens[:, :-1]) + places(positions))
        nn.functional.cross_entropy(
            scores.view(-1, N_TOKENS), tokens[:, 1:].reshape(-1)).backward()
        optimizer.step()

    return step


@family.case(f"causal attention alone, batch {BATCH}, {N_HEADS} heads of {WIDTH // N_HEADS}, "
             f"context {CONTEXT}, forward and backward", 1.4, has_peak=True)
def attention(torch: ModuleType) -> Step:
    """From queries, keys and values."""
    shape = BATCH, N_HEADS, CONTEXT, WIDTH // N_HEADS
    qkv = [torch.randn(shape, requires_grad=True) for _ in range(3)]
    attend = torch.nn.functional.scaled_dot_product_attention
    return backward(qkv, lambda: attend(*qkv, is_causal=True))


@family.case("transformer layer of 256, 8 heads, batch 8, context 128, forward and backward",
             has_peak=True)
def encoder(torch: ModuleType) -> Step:
    """PyTorch's own layer, without dropout."""
    layer = torch.nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)
    x = torch.randn(8, 128, 256, requires_grad=True)
    return backward([x, *layer.parameters()], lambda: layer(x))
