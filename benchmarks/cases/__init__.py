"""All cases, a file a family: a new one is a function in one of them."""

from benchmarks.cases import (
    attention,
    convnets,
    convolution,
    indexing,
    loading,
    mlp,
    normalize,
    optimizers,
    pointwise,
    pools,
    programs,
    recurrent,
    reduction,
    resnet,
    small,
    tape,
)

FAMILIES = (
    small.family, programs.family, mlp.family, convnets.family, resnet.family, recurrent.family,
    attention.family, convolution.family, pools.family, pointwise.family, normalize.family,
    reduction.family, indexing.family, optimizers.family, loading.family, tape.family,
)
ALL_CASES = {case.name: case for family in (*FAMILIES, tape.lengths, tape.reach) for case in family}
