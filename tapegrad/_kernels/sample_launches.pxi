"""The launches that were recorded for one sample, run for a whole batch of them.

A buffer *varies* if a launch that writes it meets one that does, the arguments of the sample first
of all. It then gets a place for every sample of a stretch, one behind the other, and a launch that
meets it runs for all of these: at once where there is one row for each or all rows follow each
other, else once for each row or each sample.
"""

cdef struct Planned:
    # A recorded launch, and which buffer each of its operands lies in, -1 for other memory.
    Launch launch
    Loop* loop
    int owners[MAX_OPERANDS]


cdef struct Place:
    # A buffer: where one sample's lay, how far on the next one's is, and where those of a stretch
    # begin. It does not vary if it has no stride.
    char* recorded
    npy_intp n_bytes
    npy_intp stride
    char* first
    bint is_argument


@cython.final
cdef class SampleLaunches:
    """What was recorded of a function of one sample, to be run for all samples of a batch.

    ``arguments`` are pairs of arrays: what the function of one sample read, and that of all.
    """

    cdef LaunchLog log
    cdef list buffers           # of one sample, by their addresses
    cdef list arguments         # for each buffer, of what was given the memory of all samples
    cdef list starts
    cdef Planned* planned
    cdef Place* places
    cdef readonly Py_ssize_t n_samples
    cdef readonly bint is_possible      # what varies goes only to memory that was made meanwhile

    def __cinit__(self):
        self.planned, self.places = NULL, NULL

    def __init__(self, LaunchLog log not None, list arguments not None, Py_ssize_t n_samples):
        cdef Py_ssize_t k
        self.log, self.n_samples, self.is_possible = log, n_samples, False
        if not log.is_complete:
            return
        pairs = [(array, None) for array in log.buffers if not isinstance(array, tuple)] + arguments
        pairs.sort(key=start_of_pair)
        self.buffers, self.arguments = [list(column) for column in zip(*pairs, strict=True)]
        self.starts = [address_of(array) for array in self.buffers]
        self.places = <Place*>calloc(len(self.buffers), sizeof(Place))
        self.planned = <Planned*>calloc(max(len(log), 1), sizeof(Planned))
        if self.places == NULL or self.planned == NULL:
            raise MemoryError
        for k in range(len(self.buffers)):
            self.places[k].recorded = PyArray_BYTES(<ndarray>self.buffers[k])
            self.places[k].n_bytes = PyArray_NBYTES(<ndarray>self.buffers[k])
            self.places[k].is_argument = self.arguments[k] is not None
            if self.places[k].is_argument:
                self.places[k].stride = self.places[k].n_bytes
        for k in range(len(log)):
            self.plan(&self.planned[k], log.launches[k])
        self.is_possible = self.spread() and not any(
            "P" in ((<Kernel>entry[0]).params_format or "") for entry in log.launches)

    def __dealloc__(self):
        free(self.planned)
        free(self.places)

    cdef int plan(self, Planned* planned, tuple entry) except -1:
        cdef int k
        planned.loop = <Loop*><uintptr_t>entry[1]
        unpack(&planned.launch, entry[2], entry[3], entry[4], entry[6])
        for k in range((<Kernel>entry[0]).n_operands):
            planned.owners[k] = -1 if entry[2][k][0] else self.owner_at(entry[2][k][1])
        return 0

    cdef int owner_at(self, address) except -2:
        """The buffer that an address lies in; -1 if it is in none."""
        cdef Py_ssize_t k = bisect_right(self.starts, address) - 1
        if k >= 0 and address < self.starts[k] + self.places[k].n_bytes:
            return k
        return -1

    cdef bint spread(self):
        """Find all that varies; False where a launch writes what it did not find empty."""
        cdef bint goes_on = True
        cdef Planned* planned
        cdef Kernel kernel
        cdef Py_ssize_t n
        cdef int k, owner
        while goes_on:
            goes_on = False
            for n in range(len(self.log)):
                planned = &self.planned[n]
                kernel = <Kernel>planned.loop.kernel
                for k in range(kernel.n_in, kernel.n_operands):
                    owner = planned.owners[k]
                    if owner < 0 or self.places[owner].is_argument:
                        return False
                    if self.places[owner].stride == 0 and self.varies(planned):
                        self.places[owner].stride = self.places[owner].n_bytes
                        goes_on = True
        return True

    cdef bint varies(self, Planned* planned):
        """Whether a launch meets memory that varies."""
        cdef int k
        for k in range((<Kernel>planned.loop.kernel).n_operands):
            if planned.owners[k] >= 0 and self.places[planned.owners[k]].stride > 0:
                return True
        return False

    def bytes_a_sample(self):
        """The memory that all that varies takes for one sample."""
        cdef Py_ssize_t k, total = 0
        for k in range(len(self.buffers)):
            total += self.places[k].stride
        return total

    def is_held(self, list results not None):
        """Whether something else than the tensors of these arrays holds memory that varies."""
        cdef Py_ssize_t k
        cdef dict expected = self.references(results)
        for k in range(len(self.buffers)):
            buffer = self.buffers[k]
            if self.places[k].stride > 0 and not self.places[k].is_argument \
                    and Py_REFCNT(buffer) > 1 + <Py_ssize_t>expected[id(buffer)]:
                return True
        return False

    cdef dict references(self, list results):
        """How many references to each buffer there are if only the results' tensors hold it."""
        cdef dict expected = {id(one): 2 for one in self.buffers}   # the log's list and this one
        for one in {id(one): one for one in results}.values():
            owner = owner_of(one)
            if id(owner) in expected:
                expected[id(owner)] += 1 + (one is owner)   # the tensor, or a view; and the list
        return expected

    def run(self, list results not None, Py_ssize_t most):
        """For each result of one sample those of all, None where it does not vary.

        Stretches of at most ``most`` samples go through all launches together.
        """
        cdef Py_ssize_t first, n, k
        cdef list memory = [None] * len(self.buffers), owners
        owners = [self.owner_at(address_of(one)) for one in results]
        for k in owners:
            if k >= 0 and self.places[k].stride > 0 and memory[k] is None:
                memory[k] = self.arguments[k].copy() if self.places[k].is_argument else \
                    np.empty((self.n_samples, *self.buffers[k].shape), self.buffers[k].dtype)
        is_kept = [one is not None for one in memory]
        for k in range(len(self.buffers)):
            if memory[k] is None and self.places[k].stride > 0:
                memory[k] = self.arguments[k] if self.places[k].is_argument else \
                    np.empty(min(most, self.n_samples) * self.places[k].stride, np.uint8)
                is_kept[k] = self.places[k].is_argument
        for first in range(0, self.n_samples, most):
            n = min(most, self.n_samples - first)
            for k in range(len(self.buffers)):
                self.places[k].first = self.places[k].recorded
                if self.places[k].stride > 0:
                    self.places[k].first = PyArray_BYTES(<ndarray>memory[k])
                    if is_kept[k]:
                        self.places[k].first += first * self.places[k].stride
            for k in range(len(self.log)):
                self.run_one(&self.planned[k], self.log.launches[k][5], n)
        return [None if k < 0 or self.places[k].stride == 0 else
                self.all_of(one, self.buffers[k], memory[k], self.places[k].stride)
                for one, k in zip(results, owners, strict=True)]

    cdef object all_of(self, ndarray one, ndarray buffer, ndarray memory, npy_intp stride):
        """The array of all samples, where there was one of one sample in a buffer."""
        if one is buffer and PyArray_IS_C_CONTIGUOUS(one):
            return memory
        return np.ndarray((self.n_samples, *(<object>one).shape), one.dtype, memory,
                          PyArray_BYTES(one) - PyArray_BYTES(buffer),
                          (stride, *(<object>one).strides))

    cdef int run_one(self, Planned* planned, bytes params, Py_ssize_t n) except -1:
        """Run a launch for n samples, or once if nothing in it varies."""
        cdef Kernel kernel = <Kernel>planned.loop.kernel
        cdef Place* place
        cdef Stretch stretch
        cdef int k
        stretch.loop, stretch.launch = planned.loop, &planned.launch
        stretch.params = NULL if params is None else PyBytes_AS_STRING(params)
        stretch.n_samples = 1
        for k in range(kernel.n_operands):
            stretch.first[k], stretch.strides[k] = planned.launch.args[k], 0
            if planned.owners[k] >= 0:
                place = &self.places[planned.owners[k]]
                stretch.first[k] += place.first - place.recorded
                stretch.strides[k] = place.stride
                if place.stride > 0:
                    stretch.n_samples = n
        return run_stretch(kernel, &stretch)


cdef struct Stretch:
    # A launch for several samples, the operands of which are so many bytes apart.
    Loop* loop
    Launch* launch
    char* params
    Py_ssize_t n_samples
    char* first[MAX_OPERANDS]
    npy_intp strides[MAX_OPERANDS]


cdef int run_stretch(Kernel kernel, Stretch* stretch) except -1:
    """Run a launch for several samples in as few launches as it takes."""
    if has_rows_of_one_product(kernel, stretch):
        return run_product(stretch)
    return run_in_turn(kernel, stretch)


cdef bint has_rows_of_one_product(Kernel kernel, Stretch* stretch) noexcept:
    """Whether all samples multiply the same matrix by rows that follow each other."""
    cdef npy_intp* steps = stretch.launch.steps
    cdef npy_intp n = stretch.launch.dims[1]
    return kernel.signature == "(n,k),(k,m)->(n,m)" and stretch.n_samples > 1 \
        and stretch.launch.dims[0] == 1 and stretch.strides[1] == 0 and (
            n == 1 or stretch.strides[0] == n * steps[3] and stretch.strides[2] == n * steps[7])


cdef int run_product(Stretch* stretch) except -1:
    """Run the products of all samples as one."""
    cdef npy_intp* recorded = stretch.launch.steps
    cdef npy_intp* sizes = stretch.launch.dims
    cdef char** first = stretch.first
    cdef char* args[3]
    cdef npy_intp[4] dims = [1, sizes[1] * stretch.n_samples, sizes[2], sizes[3]]
    cdef npy_intp[9] steps = [0, 0, 0, recorded[3], recorded[4], recorded[5], recorded[6],
                              recorded[7], recorded[8]]
    cdef int number = stretch.loop.types[0]
    args[0], args[1], args[2] = first[0], first[1], first[2]
    if sizes[1] == 1:
        steps[3], steps[7] = stretch.strides[0], stretch.strides[2]
    return launch_product(
        loop_of_product(number, dims[1], dims[2], dims[3],
                        PyArray_DescrFromType(number).itemsize, steps + 3), args, dims, steps)


cdef int run_in_turn(Kernel kernel, Stretch* stretch) except -1:
    """Run a launch for several samples, each with the arithmetic that it had for one."""
    cdef npy_intp* dims = stretch.launch.dims
    cdef npy_intp* steps = stretch.launch.steps
    cdef npy_intp n_rows = dims[0], n_samples = stretch.n_samples
    cdef bint follow = True, adds_up = False
    cdef int k
    for k in range(kernel.n_operands):
        follow = follow and stretch.strides[k] == n_rows * steps[k]
        adds_up = adds_up or k >= kernel.n_in and steps[k] == 0
    if n_samples == 1 or n_rows == 0:
        return run_rows(kernel, stretch, n_rows, steps, 1, stretch.strides)
    if n_rows == 1:
        return run_rows(kernel, stretch, n_samples, stretch.strides, 1, steps)
    if follow:
        return run_rows(kernel, stretch, n_rows * n_samples, steps, 1, steps)
    if n_rows < n_samples and not adds_up and kernel.n_core == 0:
        return run_rows(kernel, stretch, n_samples, stretch.strides, n_rows, steps)
    return run_rows(kernel, stretch, n_rows, steps, n_samples, stretch.strides)


cdef int run_rows(Kernel kernel, Stretch* stretch, npy_intp n, const npy_intp* apart,
                  npy_intp n_times, const npy_intp* further) except -1:
    """Launch n rows that are so far apart, n times, each time so much further on."""
    cdef char* args[MAX_OPERANDS]
    cdef npy_intp dims[1 + MAX_OPERANDS * MAX_CORE_DIMS]
    cdef npy_intp steps[MAX_OPERANDS * (1 + MAX_CORE_DIMS)]
    cdef char params[MAX_PARAM_BYTES]
    cdef npy_intp time
    cdef int k
    memcpy(dims, stretch.launch.dims, sizeof(dims))
    memcpy(steps, stretch.launch.steps, sizeof(steps))
    dims[0] = n
    for k in range(kernel.n_operands):
        steps[k] = apart[k]
    for time in range(n_times):
        for k in range(kernel.n_operands):
            args[k] = stretch.first[k] + time * further[k]
        if stretch.params != NULL:
            memcpy(params, stretch.params, kernel.params_size)
        if kernel.flags_failure:
            feclearexcept(FE_INVALID)
        launch(stretch.loop, args, dims, steps, params, NULL)
        if kernel.flags_failure and fetestexcept(FE_INVALID):
            raise KernelRefusal()
    return 0


cdef object address_of(ndarray array):
    return <uintptr_t>PyArray_BYTES(array)


def start_of_pair(tuple pair):
    """Where the first array of a pair begins."""
    return address_of(pair[0])
