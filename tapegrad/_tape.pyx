"""The Wengert list: entries appended in the order in which operations ran.

Entries are plain structs in chunks of memory whose addresses never move. An entry lives while a
tensor holds one of its outputs or a live entry has it as input; then it goes, with all that only it
kept alive, by a work list and never by recursion. A chunk is used anew when all in it have gone.
Nothing here knows what a tensor is; everything runs under the GIL.
"""

from cpython.object cimport PyObject, visitproc
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memset
from numpy cimport import_array, ndarray, npy_intp

from tapegrad._kernels.memory cimport bytes_of, recycle

from typing import NamedTuple

import_array()

cdef enum:
    CHUNK_BYTES = 16384
    SPARE_CHUNKS = 64      # empty chunks kept for reuse; more are given back
    SPARE_LEAVES = 256

cdef Chunk* newest = NULL
cdef Chunk* spare = NULL
cdef int n_spare = 0
cdef Entry* spare_leaves = NULL
cdef int n_spare_leaves = 0
cdef uint64_t sequence = 0
cdef Entry* waiting_release = NULL
cdef bint is_releasing = False

cdef long long n_live_entries = 0
cdef long long n_live_leaves = 0
cdef long long n_chunks = 0
cdef long long chunk_bytes = 0
cdef long long saved_bytes = 0
cdef long long n_watched = 0


class TapeInfo(NamedTuple):
    """What the tape holds now: see :func:`tape_info`."""

    entries: int
    leaves: int
    saved_bytes: int
    chunks: int
    chunk_bytes: int


def tape_info():
    """Count what the tape keeps alive.

    ``entries`` are recorded operations, ``leaves`` the accumulation points of leaf tensors,
    ``saved_bytes`` the arrays that entries keep for backward (one that two entries saved counts
    twice), ``chunks`` and ``chunk_bytes`` the memory of the entries themselves, in bytes.
    """
    return TapeInfo(n_live_entries, n_live_leaves, saved_bytes, n_chunks, chunk_bytes)


# ---------------------------------------------------------------------------------- chunks

cdef Chunk* add_chunk(size_t n_bytes) except NULL:
    """Make room for at least that many bytes; the chunk becomes the newest."""
    global newest, spare, n_spare, n_chunks, chunk_bytes
    cdef Chunk* chunk
    cdef size_t size = CHUNK_BYTES
    if n_bytes + sizeof(Chunk) <= CHUNK_BYTES and spare != NULL:
        chunk = spare
        spare = chunk.next
        n_spare -= 1
    else:
        if n_bytes + sizeof(Chunk) > size:
            size = n_bytes + sizeof(Chunk)
        chunk = <Chunk*>malloc(size)
        if chunk == NULL:
            raise MemoryError(f"the tape could not get {size} bytes for its next entries")
        chunk.end = <char*>chunk + size
        n_chunks += 1
        chunk_bytes += size
    chunk.cursor = <char*>chunk + sizeof(Chunk)
    chunk.n_live = 0
    chunk.next = NULL
    retire(newest)
    newest = chunk
    return chunk


cdef void retire(Chunk* chunk) noexcept:
    """Recycle a chunk that is no longer the newest once nothing in it lives."""
    global spare, n_spare, n_chunks, chunk_bytes
    if chunk == NULL or chunk.n_live > 0:
        return
    if n_spare < SPARE_CHUNKS and chunk.end - <char*>chunk == CHUNK_BYTES:
        chunk.next = spare
        spare = chunk
        n_spare += 1
    else:
        n_chunks -= 1
        chunk_bytes -= chunk.end - <char*>chunk
        free(chunk)


cdef void leave_chunk(Chunk* chunk) noexcept:
    """Note that one entry of the chunk has gone."""
    chunk.n_live -= 1
    if chunk.n_live > 0:
        return
    if chunk == newest:
        chunk.cursor = <char*>chunk + sizeof(Chunk)
    else:
        retire(chunk)


# ---------------------------------------------------------------------------------- entries

cdef Entry* new_entry(object op, int n_edges, int n_saved, int n_outputs,
                      int total_dims) except NULL:
    """Room for an entry with empty edges and saved values, owned once by the caller.

    It has its place on the tape only after :func:`stamp`: connecting its edges may make leaves and
    renew views, which come before it.
    """
    global n_live_entries
    cdef size_t n_bytes = sizeof(Entry) + n_edges * sizeof(Edge) + n_saved * sizeof(Saved) \
        + n_outputs * sizeof(OutputShape) + total_dims * sizeof(npy_intp)
    cdef Chunk* chunk = newest
    cdef Entry* entry
    if chunk == NULL or <size_t>(chunk.end - chunk.cursor) < n_bytes:
        chunk = add_chunk(n_bytes)
    entry = <Entry*>chunk.cursor
    chunk.cursor += n_bytes
    chunk.n_live += 1
    memset(entry, 0, n_bytes)
    entry.chunk = chunk
    entry.refcount = 1
    entry.n_edges, entry.n_saved, entry.n_outputs = n_edges, n_saved, n_outputs
    entry.edges = <Edge*>(<char*>entry + sizeof(Entry))
    entry.saved = <Saved*>(entry.edges + n_edges)
    entry.outputs = <OutputShape*>(entry.saved + n_saved)
    Py_INCREF(op)
    entry.op = <PyObject*>op
    n_live_entries += 1
    return entry


cdef void stamp(Entry* entry) noexcept:
    """Put an entry whose edges are connected at the end of the tape."""
    global sequence
    sequence += 1
    entry.sequence = sequence


cdef Entry* new_leaf(object tensor, Entry** weak_pointer) except NULL:
    """The accumulation point of a leaf tensor, outside the chunks: it may live long."""
    global sequence, n_live_leaves, spare_leaves, n_spare_leaves
    cdef Entry* entry = spare_leaves
    if entry != NULL:
        spare_leaves = entry.link
        n_spare_leaves -= 1
    else:
        entry = <Entry*>malloc(sizeof(Entry))
        if entry == NULL:
            raise MemoryError("the tape could not get memory for a leaf")
    memset(entry, 0, sizeof(Entry))
    sequence += 1
    entry.sequence = sequence
    entry.refcount = 1
    entry.flags = IS_LEAF
    entry.n_outputs = 1
    Py_INCREF(tensor)
    entry.op = <PyObject*>tensor
    entry.weak_pointer = weak_pointer
    n_live_leaves += 1
    return entry


cdef void describe_output(Entry* entry, int output, int type_number, int ndim,
                          const npy_intp* dims) noexcept:
    """Note the shape and dtype of an output. Outputs must be described in order."""
    cdef OutputShape* shape = &entry.outputs[output]
    cdef int k
    shape.dims = <npy_intp*>(entry.outputs + entry.n_outputs) if output == 0 \
        else entry.outputs[output - 1].dims + entry.outputs[output - 1].ndim
    shape.ndim, shape.type_number = ndim, type_number
    for k in range(ndim):
        shape.dims[k] = dims[k]


cdef void connect(Edge* edge, Entry* target, uint32_t output) noexcept:
    """Make an edge own its target."""
    target.refcount += 1
    edge.entry, edge.output = target, output


cdef void save(Saved* saved, object value, object version, uint32_t expected, int source) noexcept:
    """Keep a value for the gradient formulas; ``version`` may be None."""
    global saved_bytes
    Py_INCREF(value)
    saved.value = <PyObject*>value
    saved.source = source
    if version is not None:
        Py_INCREF(version)
        saved.version = <PyObject*>version
        saved.expected = expected
    if source == PACKED:
        watch_python(1)
    elif source != CONSTANT:
        saved_bytes += bytes_of(<ndarray>value)


cdef void free_saved(Saved* saved) noexcept:
    """Drop one saved value at once."""
    global saved_bytes
    cdef PyObject* value = saved.value
    cdef PyObject* version = saved.version
    cdef bint is_constant = saved.source == CONSTANT or saved.source == PACKED
    if value == NULL:
        return
    if saved.source == PACKED:
        watch_python(-1)
    elif not is_constant:
        saved_bytes -= bytes_of(<ndarray>value)
    saved.value = saved.version = NULL
    Py_XDECREF(version)
    if not is_constant:
        recycle(value)
    Py_XDECREF(value)


cdef Entry* move_saved(Entry* entry) except NULL:
    """An entry without outputs, owned once, that takes over the edges and saved values of another.

    What was saved of the other's outputs is from then on saved from nowhere.
    """
    cdef Entry* heir = new_entry(<object>entry.op, entry.n_edges, entry.n_saved, 0, 0)
    cdef uint32_t k
    heir.flags = entry.flags
    for k in range(entry.n_edges):
        heir.edges[k] = entry.edges[k]
        entry.edges[k].entry = NULL
    for k in range(entry.n_saved):
        heir.saved[k] = entry.saved[k]
        entry.saved[k].value = entry.saved[k].version = NULL
        if heir.saved[k].source <= FIRST_OUTPUT:
            heir.saved[k].source = FIRST_OUTPUT + 1
    return heir


cdef void free_all_saved(Entry* entry) noexcept:
    cdef uint32_t k
    for k in range(entry.n_saved):
        free_saved(&entry.saved[k])


cdef void set_carry(Entry* entry, object carry) noexcept:
    """Give an entry its Python objects; it must have none yet."""
    Py_INCREF(carry)
    entry.carry = <PyObject*>carry
    watch_python(1)


cdef void watch_python(int change) noexcept:
    """Count Python objects hung on the graph; while there are none the collector need not look."""
    global n_watched
    n_watched += change


cdef void release(Entry* entry) noexcept:
    """Give up one ownership; the last one frees the entry and all that it alone kept alive.

    Freeing runs other objects' destructors, which may release further entries: those join the list
    that the outermost call works through, so that a chain of any length needs no deep stack.
    """
    global waiting_release, is_releasing
    entry.refcount -= 1
    if entry.refcount > 0:
        return
    entry.link = waiting_release
    waiting_release = entry
    if is_releasing:
        return
    is_releasing = True
    while waiting_release != NULL:
        entry = waiting_release
        waiting_release = entry.link
        dismantle(entry)
    is_releasing = False


cdef void keep_leaf(Entry* entry) noexcept:
    """Keep a freed leaf's memory for the next one."""
    global spare_leaves, n_spare_leaves
    if n_spare_leaves == SPARE_LEAVES:
        free(entry)
        return
    entry.link = spare_leaves
    spare_leaves = entry
    n_spare_leaves += 1


cdef void dismantle(Entry* entry) noexcept:
    """Free one entry that nobody owns any more."""
    global n_live_entries, n_live_leaves, waiting_release
    cdef uint32_t k
    cdef Entry* target
    cdef PyObject* op = entry.op
    cdef PyObject* carry = entry.carry
    if carry != NULL:                   # first: a context in it may want what the entry saved
        entry.carry = NULL
        watch_python(-1)
        Py_XDECREF(carry)
    free_all_saved(entry)
    for k in range(entry.n_edges):
        target = entry.edges[k].entry
        if target != NULL:
            target.refcount -= 1
            if target.refcount == 0:
                target.link = waiting_release
                waiting_release = target
    if entry.flags & IS_LEAF:
        entry.weak_pointer[0] = NULL
        n_live_leaves -= 1
        keep_leaf(entry)
    else:
        n_live_entries -= 1
        leave_chunk(entry.chunk)
    Py_XDECREF(op)


# ---------------------------------------------------------------------------------- collector

cdef int visit_owned(Entry* root, visitproc visit, void* arg) noexcept:
    """Show the garbage collector the Python objects that only the caller's ownership keeps alive.

    Entries whose owners are all inside the walk belong to it wholly; the carries of exactly these
    are visited. So a ctx that holds its own output, or a hook that closes over a tensor made from
    the hooked one, is seen as the cycle that it is. Without a carry alive there is nothing to see.
    """
    cdef Entry* owned = NULL       # walk front, linked through `link`
    cdef Entry* entry
    cdef Entry* target
    cdef uint32_t k
    cdef int status = 0
    if n_watched == 0 or root.refcount != 1:
        return 0
    root.link = NULL
    owned = root
    # First pass: count, for each entry reached, how many of its owners lie in the walk.
    while owned != NULL:
        entry = owned
        owned = entry.link
        for k in range(entry.n_edges):
            target = entry.edges[k].entry
            if target == NULL:
                continue
            target.seen += 1
            if target.seen == target.refcount:
                target.link = owned
                owned = target
    # Second pass: the same walk; counts go back to zero, and what is owned is visited.
    root.link = NULL
    owned = root
    while owned != NULL:
        entry = owned
        owned = entry.link
        if status == 0 and entry.carry != NULL:
            status = visit(entry.carry, arg)
        for k in range(entry.n_saved):
            if status == 0 and entry.saved[k].source == PACKED and entry.saved[k].value != NULL:
                status = visit(entry.saved[k].value, arg)
        if status == 0 and entry.flags & IS_LEAF:
            status = visit(entry.op, arg)
        for k in range(entry.n_edges):
            target = entry.edges[k].entry
            if target == NULL or target.seen == 0:
                continue
            if target.seen == target.refcount:
                target.link = owned
                owned = target
            target.seen = 0
    return status
