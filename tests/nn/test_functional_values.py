"""Functional forms: values and gradients of PyTorch 2.13, and the same calls in PyTorch itself.

Each case is a call of ``torch.nn.functional`` on the tensors of SETUP, its value, and the gradient
of ``x`` when element k of the value has the gradient k + 1.
"""

import warnings
from collections.abc import Callable
from math import nan
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from support import assert_same, evaluate

SETUP = """
x = torch.tensor([[0.5, -1.0, 2.0], [-0.3, 0.25, -2.0]], requires_grad=True)
y = torch.tensor([[1.0, 0.5, -1.0], [0.2, -0.4, 0.3]])
w = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
t = torch.tensor([[1.0, 0.0, 0.5], [0.0, 1.0, 0.25]])
c = torch.tensor([2, 0])
"""

ACTIVATIONS = [
    ('relu(x)',
     [[0.5, 0.0, 2.0], [0.0, 0.25, 0.0]],
     [[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]]),
    ('relu(x.clone(), inplace=True)',
     [[0.5, 0.0, 2.0], [0.0, 0.25, 0.0]],
     [[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]]),
    ('relu6(x * 5)',
     [[2.5, 0.0, 6.0], [0.0, 1.25, 0.0]],
     [[5.0, 0.0, 0.0], [0.0, 25.0, 0.0]]),
    ('relu6(x * 5, inplace=True)',
     [[2.5, 0.0, 6.0], [0.0, 1.25, 0.0]],
     [[5.0, 0.0, 0.0], [0.0, 25.0, 0.0]]),
    ('leaky_relu(x)',
     [[0.5, -0.01, 2.0], [-0.003, 0.25, -0.02]],
     [[1.0, 0.02, 3.0], [0.04, 5.0, 0.06]]),
    ('leaky_relu(x * 1, 0.2, inplace=True)',
     [[0.5, -0.2, 2.0], [-0.06, 0.25, -0.4]],
     [[1.0, 0.4, 3.0], [0.8, 5.0, 1.2]]),
    ('elu(x, 1.5)',
     [[0.5, -0.9481808, 2.0], [-0.3887727, 0.25, -1.296997]],
     [[1.0, 1.103638, 3.0], [4.444909, 5.0, 1.218018]]),
    ('elu(x * 1, 1.5, inplace=True)',
     [[0.5, -0.9481808, 2.0], [-0.3887727, 0.25, -1.296997]],
     [[1.0, 1.103638, 3.0], [4.444909, 5.0, 1.218018]]),
    ('selu(x)',
     [[0.5253505, -1.111331, 2.101402], [-0.4556673, 0.2626753, -1.520167]],
     [[1.050701, 1.293537, 3.152103], [5.209728, 5.253505, 1.427597]]),
    ('selu(x * 1, inplace=True)',
     [[0.5253505, -1.111331, 2.101402], [-0.4556673, 0.2626753, -1.520167]],
     [[1.050701, 1.293537, 3.152103], [5.209728, 5.253505, 1.427597]]),
    ('celu(x, 2.0)',
     [[0.5, -0.7869387, 2.0], [-0.2785841, 0.25, -1.264241]],
     [[1.0, 1.213061, 3.0], [3.442832, 5.0, 2.207277]]),
    ('celu(x * 1, 2.0, inplace=True)',
     [[0.5, -0.7869387, 2.0], [-0.2785841, 0.25, -1.264241]],
     [[1.0, 1.213061, 3.0], [3.442832, 5.0, 2.207277]]),
    ('gelu(x)',
     [[0.3457312, -0.1586553, 1.9545], [-0.1146266, 0.1496766, -0.04550028]],
     [[0.8674951, -0.1666309, 3.255696], [1.070689, 3.476866, -0.5113912]]),
    ("gelu(x, approximate='tanh')",
     [[0.345714, -0.158808, 1.954598], [-0.1146291, 0.1496754, -0.04540229]],
     [[0.8673699, -0.1659282, 3.258298], [1.070818, 3.47677, -0.5165954]]),
    ('silu(x)',
     [[0.3112297, -0.2689414, 1.761594], [-0.1276672, 0.1405441, -0.2384058]],
     [[0.7399612, 0.144659, 3.272353], [1.40888, 3.11855, -0.5447055]]),
    ('silu(x * 1, inplace=True)',
     [[0.3112297, -0.2689414, 1.761594], [-0.1276672, 0.1405441, -0.2384058]],
     [[0.7399612, 0.144659, 3.272353], [1.40888, 3.11855, -0.5447055]]),
    ('mish(x)',
     [[0.3752452, -0.3034014, 1.943959], [-0.1511332, 0.1695724, -0.2525015]],
     [[0.8864244, 0.1184335, 3.207954], [1.634044, 3.770863, -0.6501306]]),
    ('mish(x * 1, inplace=True)',
     [[0.3752452, -0.3034014, 1.943959], [-0.1511332, 0.1695724, -0.2525015]],
     [[0.8864244, 0.1184335, 3.207954], [1.634044, 3.770863, -0.6501306]]),
    ('sigmoid(x)',
     [[0.6224594, 0.2689414, 0.880797], [0.4255575, 0.5621765, 0.1192029]],
     [[0.2350037, 0.3932239, 0.3149809], [0.9778333, 1.23067, 0.6299615]]),
    ('tanh(x)',
     [[0.4621172, -0.7615942, 0.9640276], [-0.2913126, 0.2449187, -0.9640276]],
     [[0.7864477, 0.8399486, 0.2119524], [3.660548, 4.700074, 0.4239049]]),
    ('softplus(x, 2.0, 1.5)',
     [[0.6566308, 0.063464, 2.0], [0.218744, 0.4870385, 0.009074965]],
     [[0.7310586, 0.2384058, 3.0], [1.417375, 3.112297, 0.1079173]]),
    ('softsign(x)',
     [[0.3333333, -0.5, 0.6666667], [-0.2307692, 0.2, -0.6666667]],
     [[0.4444445, 0.5, 0.3333333], [2.366864, 3.2, 0.6666666]]),
    ('tanhshrink(x)',
     [[0.03788283, -0.2384058, 1.035972], [-0.008687377, 0.005081341, -1.035972]],
     [[0.2135523, 1.160051, 2.788048], [0.3394523, 0.2999258, 5.576095]]),
    ('logsigmoid(x)',
     [[-0.474077, -1.313262, -0.126928], [-0.8543552, -0.5759394, -2.126928]],
     [[0.3775407, 1.462117, 0.3576088], [2.29777, 2.189117, 5.284782]]),
    ('hardtanh(x, -0.5, 0.5)',
     [[0.5, -0.5, 0.5], [-0.3, 0.25, -0.5]],
     [[0.0, 0.0, 0.0], [4.0, 5.0, 0.0]]),
    ('hardtanh_(x * 1, -0.5, 0.5)',
     [[0.5, -0.5, 0.5], [-0.3, 0.25, -0.5]],
     [[0.0, 0.0, 0.0], [4.0, 5.0, 0.0]]),
    ('hardsigmoid(x * 3)',
     [[0.75, 0.0, 1.0], [0.35, 0.625, 0.0]],
     [[0.5, 0.0, 0.0], [2.0, 2.5, 0.0]]),
    ('hardswish(x * 3)',
     [[1.125, -0.0, 6.0], [-0.315, 0.46875, -0.0]],
     [[3.0, 0.0, 9.0], [2.4, 11.25, 0.0]]),
    ('threshold(x, 0.1, 7.0)',
     [[0.5, 7.0, 2.0], [7.0, 0.25, 7.0]],
     [[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]]),
    ('threshold(x * 1, 0.1, 7.0, inplace=True)',
     [[0.5, 7.0, 2.0], [7.0, 0.25, 7.0]],
     [[1.0, 0.0, 3.0], [0.0, 5.0, 0.0]]),
    ('prelu(x, torch.tensor([0.1, 0.2, 0.3]))',
     [[0.5, -0.2, 2.0], [-0.03, 0.25, -0.6]],
     [[1.0, 0.4, 3.0], [0.4, 5.0, 1.8]]),
    ('prelu(x, torch.tensor([0.1]))',
     [[0.5, -0.1, 2.0], [-0.03, 0.25, -0.2]],
     [[1.0, 0.2, 3.0], [0.4, 5.0, 0.6]]),
    ('softmax(x, 1)',
     [[0.1752904, 0.03911257, 0.785597], [0.342943, 0.594407, 0.06265003]],
     [[-0.2822713, -0.02387066, 0.3061421], [-0.2468187, 0.1666078, 0.08021037]]),
    ('softmax(x, dim=0, dtype=torch.float64)',
     [[0.6899745, 0.2227001, 0.9820138], [0.3100255, 0.7772999, 0.01798621]],
     [[-0.6417291, -0.5193143, -0.05298812], [0.6417291, 0.5193143, 0.05298812]]),
    ('log_softmax(x, -1)',
     [[-1.741311, -3.241311, -0.2413113], [-1.070191, -0.5201911, -2.770191]],
     [[-0.05174235, 1.765325, -1.713582], [-1.144144, -3.916104, 5.06025]]),
    ('softmin(x, 0)',
     [[0.3100255, 0.7772999, 0.01798621], [0.6899745, 0.2227001, 0.9820138]],
     [[0.6417291, 0.5193145, 0.05298812], [-0.6417291, -0.5193143, -0.05298838]]),
    ('normalize(x)',
     [[0.2182179, -0.4364358, 0.8728715], [-0.1472199, 0.1226832, -0.9814658]],
     [[0.2493919, 1.246959, 0.5611318], [1.539265, 2.80672, 0.1199503]]),
    ('normalize(x, p=1.0, dim=0)',
     [[0.625, -0.8, 0.5], [-0.375, 0.2, -0.5]],
     [[2.34375, 1.12, 1.125], [3.90625, 4.48, 1.125]]),
    ('cosine_similarity(x, y)',
     [-0.5819144, -0.6925638],
     [[0.3463776, 0.03463777, -0.06927554], [0.2644378, -0.6456233, -0.1203685]]),
    ('cosine_similarity(x, y[:1], dim=0)',
     [0.2425356, -0.5144958, 0.0],
     [[0.8560081, 0.4035259, -0.75], [1.42668, 1.614104, -0.75]]),
    ('layer_norm(x, (3,))',
     [[0.0, -1.224741, 1.224741], [0.4002552, 0.9745344, -1.374789]],
     [[-0.8164938, 0.4082443, 0.4082496], [-0.7968662, 0.6020675, 0.1947985]]),
    ('layer_norm(x, (3,), torch.tensor([1.0, 2.0, 3.0]), torch.ones(3), 0.1)',
     [[1.0, -1.371708, 4.557563], [1.380075, 2.850797, -2.916419]],
     [[-2.898755, 1.325851, 1.572904], [-5.011643, 3.230628, 1.781015]]),
    ('batch_norm(x, None, None, training=True)',
     [[0.9999688, -0.9999872, 0.9999987], [-0.9999687, 0.9999872, -0.9999987]],
     [[-0.0002342389, -6.141584e-05, -1.907346e-06], [0.0002342389, 6.141584e-05, 1.907346e-06]]),
    ('batch_norm(x, torch.ones(3), torch.full((3,), 2.0), torch.ones(3), torch.ones(3))',
     [[0.6464475, -0.41421, 1.707105], [0.08076352, 0.4696712, -1.121315]],
     [[0.707105, 1.41421, 2.121315], [2.82842, 3.535525, 4.24263]]),
    ('batch_norm(x.reshape(2, 1, 3), None, None, training=True)',
     [[[0.4739114, -0.7275541, 1.675377]], [[-0.1668702, 0.2736672, -1.528531]]],
     [[-1.722468, -1.631285, 0.5892799], [0.301906, 1.363141, 1.099427]]),
    ('linear(x, y, torch.ones(2))',
     [[-1.0, 2.1], [2.825, 0.24]],
     [[1.4, -0.3, -0.4], [3.8, -0.1, -1.8]]),
    ('linear(x[0], y)',
     [-2.0, 1.1],
     [[1.4, -0.3, -0.4], [0.0, 0.0, 0.0]]),
    ('embedding(torch.tensor([[1, 0], [0, 0]]), x, 1)',
     [[[-0.3, 0.25, -2.0], [0.5, -1.0, 2.0]], [[0.5, -1.0, 2.0], [0.5, -1.0, 2.0]]],
     [[21.0, 24.0, 27.0], [0.0, 0.0, 0.0]]),
    ('embedding(torch.tensor([1, 0, 0, 0]), x, scale_grad_by_freq=True)',
     [[-0.3, 0.25, -2.0], [0.5, -1.0, 2.0], [0.5, -1.0, 2.0], [0.5, -1.0, 2.0]],
     [[7.0, 8.0, 9.0], [1.0, 2.0, 3.0]]),
    ('dropout(x, 0.3)',
     [[0.0, -0.0, 2.857143], [-0.0, 0.3571429, -0.0]],
     [[0.0, 0.0, 4.285714], [0.0, 7.142858, 0.0]]),
    ('dropout(x, 0.3, training=False)',
     [[0.5, -1.0, 2.0], [-0.3, 0.25, -2.0]],
     [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ('dropout(x * 1, 0.3, inplace=True)',
     [[0.0, -0.0, 2.857143], [-0.0, 0.3571429, -0.0]],
     [[0.0, 0.0, 4.285714], [0.0, 7.142858, 0.0]]),
]
LOSSES = [
    ('mse_loss(x, y)',
     2.910417,
     [[-0.1666667, -0.5, 1.0], [-0.1666667, 0.2166667, -0.7666667]]),
    ("mse_loss(x, y, reduction='sum')",
     17.4625,
     [[-1.0, -3.0, 6.0], [-1.0, 1.3, -4.6]]),
    ("mse_loss(x, y, reduction='none')",
     [[0.25, 2.25, 9.0], [0.25, 0.4225, 5.29]],
     [[-1.0, -6.0, 18.0], [-4.0, 6.5, -27.6]]),
    ('mse_loss(x, y, weight=w)',
     3.171548,
     [[-0.04761905, -0.2857143, 0.8571429], [-0.1904762, 0.3095238, -1.314286]]),
    ('l1_loss(x, y)',
     1.408333,
     [[-0.1666667, -0.1666667, 0.1666667], [-0.1666667, 0.1666667, -0.1666667]]),
    ("l1_loss(x, y, reduction='none', weight=w)",
     [[0.5, 3.0, 9.0], [2.0, 3.25, 13.8]],
     [[-1.0, -4.0, 9.0], [-16.0, 25.0, -36.0]]),
    ('smooth_l1_loss(x, y, beta=0.5)',
     1.158333,
     [[-0.1666667, -0.1666667, 0.1666667], [-0.1666667, 0.1666667, -0.1666667]]),
    ("smooth_l1_loss(x, y, beta=0.0, reduction='sum')",
     8.45,
     [[-1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]]),
    ("huber_loss(x, y, delta=0.5, reduction='none')",
     [[0.125, 0.625, 1.375], [0.125, 0.2, 1.025]],
     [[-0.5, -1.0, 1.5], [-2.0, 2.5, -3.0]]),
    ('huber_loss(x, y, weight=w)',
     3.663542,
     [[-0.08333334, -0.3333333, 0.5], [-0.3333333, 0.5416667, -1.0]]),
    ('binary_cross_entropy(x.sigmoid(), t)',
     0.6119149,
     [[-0.06292344, 0.04482357, 0.06346617], [0.07092624, -0.07297058, -0.02179952]]),
    ("binary_cross_entropy(x.sigmoid(), t, torch.tensor([1.0, 2.0, 3.0]), reduction='none')",
     [[0.474077, 0.6265234, 3.380784], [0.5543553, 1.151879, 1.880784]],
     [[-0.3775406, 1.075766, 3.427173], [1.70223, -4.378235, -2.354348]]),
    ('binary_cross_entropy(t * 1.0 + 0 * x, t)',
     0.2092471,
     [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
    ('binary_cross_entropy_with_logits(x, t)',
     0.6119149,
     [[-0.06292344, 0.04482357, 0.06346617], [0.07092625, -0.07297058, -0.02179951]]),
    ("binary_cross_entropy_with_logits(x, t, w, reduction='none', "
     "pos_weight=torch.tensor([1.0, 2.0, 3.0]))",
     [[0.474077, 0.6265235, 3.761568], [2.217421, 5.759394, 10.14235]],
     [[-0.3775406, 1.075766, 2.354347], [6.80892, -21.89117, -20.56304]]),
    ("binary_cross_entropy_with_logits(x * 100, t, reduction='sum')",
     150.0,
     [[0.0, 0.0, 50.0], [9.357605e-12, 0.0, -25.0]]),
    ('nll_loss(x.log_softmax(1), c)',
     0.6557512,
     [[0.0876452, 0.01955629, -0.1072015], [-0.3285285, 0.2972035, 0.03132501]]),
    ('nll_loss(x[0], c[0])',
     -2.0,
     [[0.0, 0.0, -1.0], [0.0, 0.0, 0.0]]),
    ('cross_entropy(x, c)',
     0.6557512,
     [[0.0876452, 0.01955629, -0.1072015], [-0.3285285, 0.2972035, 0.03132501]]),
    ('cross_entropy(x, c, torch.tensor([1.0, 2.0, 3.0]))',
     0.4485313,
     [[0.1314678, 0.02933443, -0.1608022], [-0.1642643, 0.1486017, 0.01566251]]),
    ("cross_entropy(x, c, torch.tensor([1.0, 2.0, 3.0]), reduction='sum')",
     1.794125,
     [[0.5258712, 0.1173377, -0.6432089], [-0.657057, 0.594407, 0.06265002]]),
    ("cross_entropy(x, c, reduction='none')",
     [0.2413113, 1.070191],
     [[0.1752904, 0.03911257, -0.214403], [-1.314114, 1.188814, 0.1253]]),
    ('cross_entropy(x, c, ignore_index=2)',
     1.070191,
     [[0.0, 0.0, 0.0], [-0.657057, 0.594407, 0.06265002]]),
    ('cross_entropy(x, c, torch.tensor([1.0, 2.0, 3.0]), ignore_index=2, label_smoothing=0.1)',
     1.310544,
     [[0.0, 0.0, 0.0], [-0.5560961, 0.587181, -0.03108498]]),
    ('cross_entropy(x, c, label_smoothing=0.1)',
     0.7499179,
     [[0.07097853, 0.002889618, -0.07386816], [-0.2951952, 0.2805368, 0.01465834]]),
    ("cross_entropy(x, c, label_smoothing=0.1, reduction='none')",
     [0.3913113, 1.108524],
     [[0.1419571, 0.005779237, -0.1477363], [-1.180781, 1.122147, 0.05863338]]),
    ("cross_entropy(x, c, label_smoothing=1.0, reduction='sum', ignore_index=0)",
     1.741311,
     [[-0.158043, -0.2942208, 0.4522637], [0.0, 0.0, 0.0]]),
    ('cross_entropy(x, c.byte())',
     0.6557512,
     [[0.0876452, 0.01955629, -0.1072015], [-0.3285285, 0.2972035, 0.03132501]]),
    ('cross_entropy(x[0], c[0])',
     0.2413113,
     [[0.1752904, 0.03911257, -0.214403], [0.0, 0.0, 0.0]]),
    ('cross_entropy(x[0], c[0], label_smoothing=0.2)',
     0.5413114,
     [[0.1086237, -0.0275541, -0.08106965], [0.0, 0.0, 0.0]]),
    ('cross_entropy(x, y.softmax(1))',
     1.905725,
     [[-0.1994033, -0.1545474, 0.3539507], [-0.01692464, 0.1938095, -0.1768849]]),
    ("cross_entropy(x, y.softmax(1), torch.tensor([1.0, 2.0, 3.0]), reduction='none', "
     "label_smoothing=0.1)",
     [3.280165, 4.018531],
     [[-0.2777528, -0.6326889, 0.9104417], [0.6513411, 1.542257, -2.193598]]),
    ("cross_entropy(x, y.softmax(1), reduction='sum')",
     3.81145,
     [[-0.3988066, -0.3090948, 0.7079015], [-0.03384929, 0.387619, -0.3537698]]),
    ('cross_entropy(x[0], y[0].softmax(0))',
     2.147079,
     [[-0.3988066, -0.3090948, 0.7079015], [0.0, 0.0, 0.0]]),
    ('cross_entropy(x.reshape(1, 2, 3), torch.tensor([[0, 1, 1]]))',
     1.54706,
     [[-0.1033418, 0.07423338, 0.3273379], [0.1033418, -0.07423338, -0.327338]]),
    ("cross_entropy(x.reshape(1, 2, 3), torch.tensor([[0, 1, 1]]), torch.tensor([1.0, 3.0]), "
     "reduction='none')",
     [[0.3711006, 0.7557871, 12.05445]],
     [[-0.3100255, 1.336201, 8.838124], [0.3100255, -1.336201, -8.838124]]),
    ('cross_entropy(x.reshape(1, 2, 3), torch.tensor([[0, 1, 1]]), torch.tensor([1.0, '
     '3.0]), label_smoothing=0.1)',
     1.824848,
     [[-0.02728972, 0.08511864, 0.3996914], [0.02728972, -0.08511861, -0.3996914]]),
    ("cross_entropy(x.reshape(1, 3, 1, 2), torch.tensor([[[0, 2]]]), reduction='none')",
     [[[1.834259, 2.218359]]],
     [[-0.8402681, 0.5914304, 0.7158687], [1.190995, 0.1243993, -1.782425]]),
    ("cross_entropy(x.reshape(1, 3, 1, 2, 1), torch.tensor([[[[0], [2]]]]), reduction='none')",
     [[[[1.834259], [2.218359]]]],
     [[-0.8402681, 0.5914304, 0.7158687], [1.190995, 0.1243993, -1.782425]]),
    ('cross_entropy(x, torch.full((2,), -100))',
     nan,
     [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]),
]

CASES = ACTIVATIONS + LOSSES
CALLS = [case[0] for case in CASES]
TWICE_DIFFERENTIABLE = [call for call in CALLS if "hardsigmoid" not in call]  # in PyTorch


def compute(torch: ModuleType, call: str, order: int = 1) -> list[Any]:
    """Give the value of a call and the gradients of ``x`` up to an order."""
    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        code = f"{SETUP}out = torch.nn.functional.{call}\n(x, out)"
        x, out = evaluate(code, torch)
    results, total = [out.detach()], out
    for _ in range(order):
        weights = torch.arange(1, total.numel() + 1).reshape(total.shape).to(total.dtype)
        total, = torch.autograd.grad(
            (total * weights).sum(), x, create_graph=order > 1, allow_unused=True)
        if total is None:
            break
        results.append(total.detach() + 0)
        if not total.requires_grad:
            break
    return results


def compute_in_double(torch: ModuleType, call: str) -> list[Any]:
    """Give the value and two derivatives with float64 as the default dtype."""
    torch.set_default_dtype(torch.float64)
    try:
        return compute(torch, call, order=2)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("call", "value", "grad"), CASES, ids=CALLS)
def test_values_and_gradients(torch: ModuleType, call: str, value: Any, grad: Any) -> None:
    """Values and gradients are the stored ones."""
    out, x_grad = compute(torch, call)

    np.testing.assert_allclose(out.numpy(), value, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(x_grad.numpy(), grad, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize("call", TWICE_DIFFERENTIABLE)
def test_second_derivatives_agree(torch: ModuleType, reference: ModuleType, call: str) -> None:
    """In double precision, values and two derivatives are PyTorch's."""
    expected, actual = compute_in_double(reference, call), compute_in_double(torch, call)
    # A derivative that one library knows to be zero is no tensor there.
    expected += [0 * expected[1]] * (3 - len(expected))
    actual += [0 * actual[1]] * (3 - len(actual))

    assert_same(actual, expected, rtol=1e-9, atol=1e-9)


def test_dropout_in_place_draws_the_same_mask(torch: ModuleType) -> None:
    """In place or not, the same seed drops the same elements."""
    x = torch.ones(50)
    torch.manual_seed(3)
    expected = torch.nn.functional.dropout(x, 0.4)
    torch.manual_seed(3)
    actual = torch.nn.functional.dropout(x, 0.4, inplace=True)

    assert actual is x
    assert torch.equal(actual, expected)


@pytest.mark.parametrize(("call", "gradient"), [
    (lambda F, index, weight: F.embedding(index, weight, 1, sparse=True),
     [[0.0, 2.0], [0.0, 0.0], [0.0, 0.0], [12.0, 14.0]]),
    (lambda F, index, weight: F.embedding_bag(index, weight, mode="sum", sparse=True),
     [[4.0, 8.0], [20.0, 28.0], [0.0, 0.0], [16.0, 20.0]]),
])  # fmt: skip
def test_sparse_changes_no_number(torch: ModuleType, call: Callable, gradient: list) -> None:
    """The gradient is the dense one, whichever way it is stored."""
    weight = torch.arange(8.0).reshape(4, 2).requires_grad_()
    out = call(torch.nn.functional, torch.tensor([[0, 1], [1, 3]]), weight)
    (found,) = torch.autograd.grad((out * out).sum(), weight)

    assert (found.to_dense() if found.is_sparse else found).tolist() == gradient


def test_embedding_shortens_long_rows(torch: ModuleType) -> None:
    """Rows that are looked up get at most the norm ``max_norm``, in place."""
    weight = torch.tensor([[3.0, 4.0], [0.1, 0.1], [6.0, 8.0]])
    index = torch.tensor([0, 1, 0])
    out = torch.nn.functional.embedding(index, weight, max_norm=1.0)

    np.testing.assert_allclose(out.numpy(), [[0.6, 0.8], [0.1, 0.1], [0.6, 0.8]], rtol=1e-5)
    np.testing.assert_allclose(weight.numpy(), [[0.6, 0.8], [0.1, 0.1], [6, 8]], rtol=1e-5)


def test_batch_norm_moves_statistics(torch: ModuleType) -> None:
    """Training moves the running statistics; without momentum they are plain averages."""
    x = torch.tensor([[0.0, 1.0], [2.0, 5.0]])
    norm, average = torch.nn.BatchNorm1d(2), torch.nn.BatchNorm1d(2, momentum=None)
    norm(x)
    average(x)
    average(x + 2)

    np.testing.assert_allclose(norm.running_mean.numpy(), [0.1, 0.3], rtol=1e-6)
    np.testing.assert_allclose(norm.running_var.numpy(), [1.1, 1.7], rtol=1e-6)
    np.testing.assert_allclose(average.running_mean.numpy(), [2.0, 4.0], rtol=1e-6)
    assert average.num_batches_tracked.item() == 2
    before = norm.running_mean.clone()
    norm.eval()(x)
    assert torch.equal(norm.running_mean, before)


@pytest.mark.parametrize("name", ["elu", "selu", "celu"])
def test_large_elements_have_second_derivatives(torch: ModuleType, name: str) -> None:
    """An exponential that overflows stays out of the linear part's derivatives."""
    x = torch.tensor([1000.0, -1.0], requires_grad=True)
    (g,) = torch.autograd.grad(getattr(torch.nn.functional, name)(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(g.sum(), x)

    assert second[0].item() == 0.0
    assert second[1].item() > 0.0


@pytest.mark.parametrize(("call", "plain", "in_place"), [
    ("celu(x, {})", "CeluBackward0", "CeluBackward1"),
    ("elu(x, {})", "EluBackward0", "EluBackward1"),
    ("leaky_relu(x, {})", "LeakyReluBackward0", "LeakyReluBackward1"),
    ("threshold(x, 0.1, 1.0, {})", "ThresholdBackward0", "ThresholdBackward1"),
    ("mish(x, {})", "MishBackward0", "MishBackward0"),
    ("hardsigmoid(x, {})", "HardsigmoidBackward0", "HardsigmoidBackward0"),
    ("hardswish(x, {})", "HardswishBackward0", "HardswishBackward0")])
def test_in_place_forms_are_recorded_apart(
        torch: ModuleType, call: str, plain: str, in_place: str) -> None:
    """The node of an in-place activation has the name that PyTorch gives it."""
    for inplace, name in ((False, plain), (True, in_place)):
        code = "x = x * 1; torch.nn.functional." + call.format(f"inplace={inplace}")

        assert evaluate(SETUP + code, torch).grad_fn.name() == name


@pytest.mark.parametrize(("call", "dtype"), [
    ("mse_loss(x, y.double())", "float64"), ("mse_loss(c, y[0, :2])", "float32"),
    ("huber_loss(x, y.double())", "float32"), ("huber_loss(x.double(), c[0] + y)", "float64"),
    ("binary_cross_entropy_with_logits(x, t.double())", "float64"),
    ("binary_cross_entropy_with_logits(x.double(), t)", "float32"),
    ("threshold(c, 0.5, 1.9)", "int64")])
def test_mixed_dtypes(torch: ModuleType, call: str, dtype: str) -> None:
    """Most losses promote; huber_loss keeps its input's dtype, logits give the target's."""
    result = evaluate(f"{SETUP}torch.nn.functional.{call}", torch)

    assert result.dtype is getattr(torch, dtype)


def test_one_hot(torch: ModuleType) -> None:
    """Classes become vectors."""
    one_hot = torch.nn.functional.one_hot

    assert one_hot(torch.tensor([[0], [2]])).tolist() == [[[1, 0, 0]], [[0, 0, 1]]]
    assert one_hot(torch.tensor(1), 2).tolist() == [0, 1]
    assert one_hot(torch.zeros(0, dtype=torch.int64), 3).shape == (0, 3)
    assert one_hot(torch.tensor([1])).dtype is torch.int64


def test_embedding_bag_in_the_old_order(torch):
    """A weight before the indices is put right, with a warning."""
    rows = torch.arange(6.0).reshape(3, 2)

    with pytest.warns(UserWarning, match="Argument order of nn.functional.embedding_bag"):
        bags = torch.nn.functional.embedding_bag(rows, torch.tensor([[0, 2]]))

    assert bags.tolist() == [[2.0, 3.0]]
