"""A trainer unfreezes a layer group more after each epoch, also when resumed."""


def trainer(torch, folder):
    """A trainer of a perceptron's head, with the callback."""
    nn = torch.nn
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
    optimizer = torch.optim.SGD(model[4].parameters(), lr=0.1, momentum=0.9)
    gradual = torch.finetune.GradualUnfreezing(model, optimizer, factor=2)
    return torch.training.Trainer(
        model, nn.CrossEntropyLoss(), optimizer, folder=folder, progress=False,
        callbacks=[torch.training.UnfreezeGradually(gradual)])


def batches(torch):
    data = torch.utils.data.TensorDataset(torch.rand(16, 6), torch.arange(16) % 3)
    return torch.utils.data.DataLoader(data, batch_size=8)


def test_resumed_training_ends_alike(tapegrad, tmp_path):
    """Two epochs and a third one after a resume give the weights of three in one go."""
    data = batches(tapegrad)
    whole = trainer(tapegrad, tmp_path / "whole")
    whole.fit(data, epochs=3)
    trainer(tapegrad, tmp_path / "parts").fit(data, epochs=2)
    resumed = trainer(tapegrad, tmp_path / "parts")
    resumed.fit(data, epochs=3, resume=True)

    assert [group["lr"] for group in resumed.optimizer.param_groups] == [0.1, 0.05, 0.025]
    for one, other in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert one.requires_grad and (one == other).all()
