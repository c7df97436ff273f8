"""Networks for pictures, with torchvision's names, arguments and parameters.

``weights=`` of each takes a named set, which is fetched once, or the path of a file.
"""

from tapegrad.vision.models import efficientnet_lite, mobilenetv2, resnet
from tapegrad.vision.models._api import (
    Weights,
    WeightsEnum,
    get_model,
    get_model_builder,
    get_model_weights,
    get_weight,
    list_models,
)
from tapegrad.vision.models.efficientnet_lite import (
    EfficientNet_Lite0_Weights,
    EfficientNetLite,
    efficientnet_lite0,
)
from tapegrad.vision.models.mobilenetv2 import (
    MobileNet_V2_Weights,
    MobileNetV2,
    mobilenet_v2,
)
from tapegrad.vision.models.resnet import (
    ResNet,
    ResNet18_Weights,
    ResNet34_Weights,
    ResNet50_Weights,
    ResNet101_Weights,
    ResNet152_Weights,
    ResNeXt50_32X4D_Weights,
    ResNeXt101_32X8D_Weights,
    ResNeXt101_64X4D_Weights,
    Wide_ResNet50_2_Weights,
    Wide_ResNet101_2_Weights,
    resnet18,
    resnet34,
    resnet50,
    resnet101,
    resnet152,
    resnext50_32x4d,
    resnext101_32x8d,
    resnext101_64x4d,
    wide_resnet50_2,
    wide_resnet101_2,
)

__all__ = [
    "EfficientNetLite",
    "EfficientNet_Lite0_Weights",
    "MobileNetV2",
    "MobileNet_V2_Weights",
    "ResNeXt50_32X4D_Weights",
    "ResNeXt101_32X8D_Weights",
    "ResNeXt101_64X4D_Weights",
    "ResNet",
    "ResNet18_Weights",
    "ResNet34_Weights",
    "ResNet50_Weights",
    "ResNet101_Weights",
    "ResNet152_Weights",
    "Weights",
    "WeightsEnum",
    "Wide_ResNet50_2_Weights",
    "Wide_ResNet101_2_Weights",
    "efficientnet_lite",
    "efficientnet_lite0",
    "get_model",
    "get_model_builder",
    "get_model_weights",
    "get_weight",
    "list_models",
    "mobilenet_v2",
    "mobilenetv2",
    "resnet",
    "resnet18",
    "resnet34",
    "resnet50",
    "resnet101",
    "resnet152",
    "resnext50_32x4d",
    "resnext101_32x8d",
    "resnext101_64x4d",
    "wide_resnet50_2",
    "wide_resnet101_2",
]  # fmt: skip
