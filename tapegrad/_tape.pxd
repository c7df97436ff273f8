"""Layout of the tape: entries in chunks of plain C memory, and the sole functions that own them."""

from cpython.object cimport PyObject, visitproc
from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t, uint64_t
from numpy cimport npy_intp

cdef enum EntryFlags:
    IS_LEAF = 1            # accumulates into a tensor instead of computing
    SAVED_WERE_FREED = 2   # a sweep has passed and dropped what was saved
    IS_SPLIT_OFF = 4       # made from part of another entry, perhaps while a sweep runs

cdef enum SavedSource:
    # Where a saved value came from, beside the input edges 0, 1, 2, ...
    CONSTANT = -1          # no tensor: an attribute, or a Python number among the inputs
    PACKED = -2            # what a saved-tensor hook made of the tensor
    FIRST_OUTPUT = -16     # output k is FIRST_OUTPUT - k


cdef enum:
    NO_TENSOR = -1         # the type number of an output that is none


cdef struct Edge:
    Entry* entry           # owned; NULL where no gradient is wanted
    uint32_t output


cdef struct Saved:
    PyObject* value        # owned; an array, or any object for CONSTANT and PACKED; may be NULL
    PyObject* version      # owned; the version counter of the tensor that the array belonged to
    uint32_t expected      # its count when saved
    int32_t source         # an input edge, an output, or a SavedSource


cdef struct OutputShape:
    # What a gradient of this output has to look like.
    npy_intp* dims
    int16_t ndim
    int16_t type_number


cdef struct Chunk:
    Chunk* next
    char* cursor
    char* end
    uint32_t n_live


cdef struct Entry:
    uint64_t sequence      # grows with every entry: the order of execution
    PyObject* op           # owned; for a leaf the tensor
    PyObject* carry        # owned, mostly NULL: the Python objects that belong to this entry
    Entry* link            # scratch of the release list and of the collector's walk
    Chunk* chunk           # NULL for a leaf
    uint32_t refcount      # tensors that are outputs of this entry, entries that have it as input
    uint32_t seen          # scratch of the collector's walk
    Entry** weak_pointer   # a leaf's: where the tensor keeps its pointer to it
    Edge* edges
    Saved* saved
    OutputShape* outputs
    uint16_t n_outputs
    uint8_t flags
    uint32_t n_edges
    uint32_t n_saved


cdef Entry* new_entry(object op, int n_edges, int n_saved, int n_outputs,
                      int total_dims) except NULL
cdef void stamp(Entry* entry) noexcept
cdef Entry* new_leaf(object tensor, Entry** weak_pointer) except NULL
cdef void describe_output(Entry* entry, int output, int type_number, int ndim,
                          const npy_intp* dims) noexcept
cdef void connect(Edge* edge, Entry* target, uint32_t output) noexcept
cdef void save(Saved* saved, object value, object version, uint32_t expected, int source) noexcept
cdef void free_saved(Saved* saved) noexcept
cdef Entry* move_saved(Entry* entry) except NULL
cdef void free_all_saved(Entry* entry) noexcept
cdef void set_carry(Entry* entry, object carry) noexcept
cdef void watch_python(int change) noexcept
cdef void release(Entry* entry) noexcept
cdef int visit_owned(Entry* entry, visitproc visit, void* arg) noexcept
