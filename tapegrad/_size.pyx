"""Items of a shape: the one thing that programs ask of ``Size`` all the time, so it is compiled."""

cdef extern from *:
    """
    /* A tuple's item; a slice has the type of the whole. */
    static PyObject *tg_item(PyObject *sizes, PyObject *index)
    {
        PyObject *item = PyTuple_Type.tp_as_mapping->mp_subscript(sizes, index), *args, *made;
        if (item == NULL || !PySlice_Check(index))
            return item;
        args = PyTuple_Pack(1, item);
        Py_DECREF(item);
        if (args == NULL)
            return NULL;
        made = PyTuple_Type.tp_new(Py_TYPE(sizes), args, NULL);
        Py_DECREF(args);
        return made;
    }

    static PyObject *tg_make_items(void)
    {
        static PyType_Slot slots[] = {{Py_mp_subscript, tg_item}, {0, NULL}};
        static PyType_Spec spec = {"tapegrad._size.Items", 0, 0,
                                   Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
        PyObject *bases = PyTuple_Pack(1, &PyTuple_Type), *type;
        if (bases == NULL)
            return NULL;
        type = PyType_FromSpecWithBases(&spec, bases);
        Py_DECREF(bases);
        return type;
    }
    """
    object tg_make_items()

Items = tg_make_items()
