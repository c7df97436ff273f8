"""A trainer with callbacks: it logs, keeps the best weights, and stops when nothing improves."""

import copy
from collections import OrderedDict
from dataclasses import dataclass, field

import torch
from torch import nn
from torch.autograd import Variable
from torch.utils.data import DataLoader, Dataset

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Waves(Dataset):
    """Points of noisy waves: from four coordinates to the sine of their weighted sum."""

    def __init__(self, size, seed):
        generator = torch.Generator().manual_seed(seed)
        self.x = torch.rand(size, 4, generator=generator) * 4 - 2
        weights = torch.FloatTensor([1.0, -0.5, 0.25, 2.0])
        noise = torch.randn(size, generator=generator) * 0.05
        self.y = torch.sin(self.x @ weights) + noise

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return {"x": self.x[index], "y": self.y[index]}


class Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.block = nn.Sequential(OrderedDict([
            ("norm", nn.LayerNorm(width)),
            ("up", nn.Linear(width, 2 * width)),
            ("act", nn.GELU()),
            ("down", nn.Linear(2 * width, width)),
        ]))

    def forward(self, x):
        return x + self.block(x)


class Callback:
    def on_epoch_end(self, trainer, logs):
        pass


class Logger(Callback):
    def on_epoch_end(self, trainer, logs):
        values = "  ".join(f"{name} {value:.6f}" for name, value in logs.items())
        print(f"epoch {trainer.epoch:2d}  {values}")


@dataclass
class KeepBest(Callback):
    best: float = float("inf")
    weights: dict = field(default_factory=dict)

    def on_epoch_end(self, trainer, logs):
        if logs["valid"] < self.best:
            self.best = logs["valid"]
            self.weights = copy.deepcopy(trainer.model.state_dict())


class EarlyStopping(Callback):
    def __init__(self, patience):
        self.patience, self.best, self.waited = patience, float("inf"), 0

    def on_epoch_end(self, trainer, logs):
        self.waited = 0 if logs["valid"] < self.best else self.waited + 1
        self.best = min(self.best, logs["valid"])
        trainer.should_stop = self.waited >= self.patience


class Trainer:
    def __init__(self, model, optimizer, scheduler, loss, callbacks):
        self.model, self.optimizer, self.scheduler = model.to(device), optimizer, scheduler
        self.loss, self.callbacks = loss, callbacks
        self.should_stop, self.epoch = False, 0

    def run(self, batch, is_training):
        x, y = Variable(batch["x"]).to(device), batch["y"].to(device, non_blocking=True)
        with torch.set_grad_enabled(is_training):
            loss = self.loss(self.model(x).squeeze(1), y)
        if is_training:
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
        return loss.detach().cpu() * len(x)

    def pass_over(self, loader, is_training):
        self.model.train(is_training)
        return torch.stack([self.run(batch, is_training) for batch in loader]).sum().item()

    def fit(self, train_loader, valid_loader, epochs):
        for self.epoch in range(epochs):
            logs = {
                "train": self.pass_over(train_loader, True) / len(train_loader.dataset),
                "valid": self.pass_over(valid_loader, False) / len(valid_loader.dataset),
                "lr": self.scheduler.get_last_lr()[0],
            }
            self.scheduler.step()
            for callback in self.callbacks:
                callback.on_epoch_end(self, logs)
            if self.should_stop:
                print("stopped early")
                break


def main():
    torch.manual_seed(3)
    model = nn.DataParallel(nn.Sequential(
        nn.Linear(4, 32), Residual(32), nn.Dropout(0.1), Residual(32), nn.Linear(32, 1)))
    print(model)
    print(sum(p.numel() for p in model.parameters() if p.requires_grad), "parameters on", device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3, weight_decay=1e-2)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=8)
    train_loader = DataLoader(Waves(512, seed=0), batch_size=32, shuffle=True, num_workers=2)
    valid_loader = DataLoader(Waves(200, seed=1), batch_size=50)
    best = KeepBest()
    trainer = Trainer(model, optimizer, scheduler, nn.SmoothL1Loss(),
                      [Logger(), best, EarlyStopping(patience=3)])
    trainer.fit(train_loader, valid_loader, epochs=8)
    model.load_state_dict(best.weights)
    print(f"best {trainer.pass_over(valid_loader, False) / len(valid_loader.dataset):.6f}")


if __name__ == "__main__":
    main()
