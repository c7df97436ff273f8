"""Modules on several devices or in several processes: one device, one process."""

from tapegrad.nn.parallel.data_parallel import DataParallel, data_parallel
from tapegrad.nn.parallel.distributed import DistributedDataParallel

__all__ = ["DataParallel", "DistributedDataParallel", "data_parallel"]
