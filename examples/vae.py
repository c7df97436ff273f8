"""A variational autoencoder of handwritten digits. Source: Kingma and Welling 2014."""

from digits import load_split
from harness import Run

import tapegrad as torch
from tapegrad import nn, optim
from tapegrad.distributions import Bernoulli, Independent, Normal, kl_divergence

N_LATENT = 8


class VAE(nn.Module):
    """An encoder to a normal distribution, a decoder to grey values."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(64, 128), nn.Tanh(), nn.Linear(128, 2 * N_LATENT))
        self.decoder = nn.Sequential(nn.Linear(N_LATENT, 128), nn.Tanh(), nn.Linear(128, 64))

    def encode(self, images: torch.Tensor) -> Independent:
        """The posterior of ``(batch, 64)`` pictures."""
        mean, log_deviation = self.encoder(images).chunk(2, dim=1)
        return Independent(Normal(mean, log_deviation.exp()), 1)

    def decode(self, latent: torch.Tensor) -> Independent:
        """What pictures ``(batch, N_LATENT)`` points stand for."""
        return Independent(Bernoulli(logits=self.decoder(latent), validate_args=False), 1)


def negative_bound(model: VAE, images: torch.Tensor) -> torch.Tensor:
    """The negative evidence lower bound a picture: reconstruction and divergence from the prior."""
    posterior = model.encode(images)
    prior = Independent(Normal(torch.zeros(N_LATENT), torch.ones(N_LATENT)), 1)
    reconstruction = model.decode(posterior.rsample()).log_prob(images)
    return (kl_divergence(posterior, prior.expand(posterior.batch_shape)) - reconstruction).mean()


def main() -> None:
    """Train, report the bound on held-out digits, and draw one from the prior."""
    run = Run("Variational autoencoder", epochs=15)
    torch.manual_seed(run.seed)
    images, _, test_images, _ = map(torch.from_numpy, load_split(range(10)))
    scale = images.max()
    images, test_images = images / scale, test_images / scale
    model = VAE()
    optimizer = optim.Adam(model.parameters(), lr=2e-3)
    with torch.no_grad():
        before = negative_bound(model, test_images).item()
    for _ in run.steps(run.epochs):
        for batch in torch.randperm(len(images)).split(64):
            optimizer.zero_grad()
            loss = negative_bound(model, images[batch])
            loss.backward()
            optimizer.step()
            run.note(loss.item())
    with torch.no_grad():
        after = negative_bound(model, test_images).item()
        dreamt = model.decode(torch.randn(1, N_LATENT)).mean.view(8, 8)
    for row in dreamt.tolist():
        print("".join(" .:*#"[int(4.99 * grey)] * 2 for grey in row))
    run.report("nats a held-out picture", before, after)


if __name__ == "__main__":
    main()
